export interface Page<T> {
  readonly items: readonly T[];
  /** Empty: this is the last page. */
  readonly nextPageToken: string;
}

/** All items, page by page; the next page is fetched when it is needed. */
export async function* paginate<T>(
  fetchPage: (pageToken: string | undefined) => Promise<Page<T>>,
): AsyncGenerator<T, void, undefined> {
  let token: string | undefined;
  do {
    const page = await fetchPage(token);
    yield* page.items;
    token = page.nextPageToken === '' ? undefined : page.nextPageToken;
  } while (token !== undefined);
}

/** At most `limit` items as an array: the rest is not fetched. */
export async function take<T>(items: AsyncIterable<T>, limit = Number.POSITIVE_INFINITY): Promise<T[]> {
  const taken: T[] = [];
  if (limit <= 0) return taken;
  for await (const item of items) {
    taken.push(item);
    if (taken.length >= limit) break;
  }
  return taken;
}
