export interface SseFrame {
  /** `message` where the server names none. */
  readonly event: string;
  readonly id: string;
  readonly data: string;
}

/**
 * The frames of a server-sent stream until it closes. Comments are left out.
 * @throws what the connection fails with
 */
export async function* sseFrames(response: Response): AsyncGenerator<SseFrame, void, undefined> {
  if (response.body === null) return;
  let pending = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    pending += decoder.decode(chunk, { stream: true });
    for (let end = pending.indexOf('\n\n'); end >= 0; end = pending.indexOf('\n\n')) {
      const frame = parseFrame(pending.slice(0, end));
      pending = pending.slice(end + 2);
      if (frame !== undefined) yield frame;
    }
  }
}

function parseFrame(block: string): SseFrame | undefined {
  let event = 'message';
  let id = '';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    if (colon === 0) continue;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') event = value;
    if (field === 'id') id = value;
    if (field === 'data') data.push(value);
  }
  return event === 'message' && data.length === 0 ? undefined : { event, id, data: data.join('\n') };
}
