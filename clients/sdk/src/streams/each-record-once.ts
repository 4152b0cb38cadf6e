/** Records of a log by their numbers: a stream that broke between a record and its id may give it again. */
export async function* eachRecordOnce<T extends { readonly sequence: string }>(
  frames: AsyncIterable<{ readonly data: string }>,
  afterSequence = '0',
): AsyncGenerator<T, void, undefined> {
  let last = BigInt(afterSequence);
  for await (const { data } of frames) {
    const record = JSON.parse(data) as T;
    if (BigInt(record.sequence) <= last) continue;
    last = BigInt(record.sequence);
    yield record;
  }
}
