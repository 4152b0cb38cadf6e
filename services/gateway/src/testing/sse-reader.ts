export interface SseItem {
  readonly id: string | undefined;
  readonly event: string | undefined;
  readonly data: unknown;
}

/** Reads server-sent events until they end, or until `enough` says so. */
export async function readSse(
  response: Response,
  enough: (items: readonly SseItem[]) => boolean = () => false,
): Promise<SseItem[]> {
  const items: SseItem[] = [];
  if (response.body === null) return items;
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of response.body as ReadableStream<Uint8Array>) {
    rest += decoder.decode(piece, { stream: true });
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    items.push(...blocks.map(parse).filter((item) => item !== undefined));
    if (enough(items)) break;
  }
  return items;
}

function parse(block: string): SseItem | undefined {
  const fields = new Map(
    block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trimStart()]),
  );
  const data = fields.get('data');
  return data === undefined ? undefined : { id: fields.get('id'), event: fields.get('event'), data: JSON.parse(data) };
}
