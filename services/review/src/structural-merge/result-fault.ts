/** Three versions of a file; `ours` is what is merged onto. */
export interface ThreeVersions {
  readonly base: Buffer;
  readonly ours: Buffer;
  readonly theirs: Buffer;
}

/** At a line's beginning, of any length that git may be told to have them in. */
const MARKER = /^(?:<{7,}|>{7,}|\|{7,})(?:[ \t].*)?$/m;

/** Why bytes are no merge of three versions, whatever the driver says of them; undefined: it may be one. */
export function resultFault({ base, ours, theirs }: ThreeVersions, result: Buffer): string | undefined {
  if (result.length === 0) return 'its result is empty';
  if (result.includes(0)) return 'its result is no text';
  if (MARKER.test(result.toString('latin1'))) return 'it left conflict markers';
  // Whose lines may be dropped is proven on another rung.
  if ([base, ours, theirs].some((version) => version.equals(result))) return 'its result is one side as it was';
  return undefined;
}
