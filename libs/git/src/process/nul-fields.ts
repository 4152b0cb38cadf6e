/** Splits what `-z` commands print. Fields stay bytes: a path need not be UTF-8. */
export function nulFields(output: Buffer): Buffer[] {
  const fields: Buffer[] = [];
  let start = 0;
  for (let end = output.indexOf(0); end !== -1; end = output.indexOf(0, start)) {
    fields.push(output.subarray(start, end));
    start = end + 1;
  }
  if (start < output.length) fields.push(output.subarray(start));
  return fields;
}

/** Joins paths for commands that read NUL-terminated names from standard input. */
export function nulJoin(paths: Iterable<Uint8Array>): Buffer {
  const parts: Uint8Array[] = [];
  for (const path of paths) parts.push(path, NUL);
  return Buffer.concat(parts);
}

const NUL = Buffer.of(0);
