/** One server-sent event. */
export interface SseFrame {
  /** `message` where the server named none. */
  readonly event: string;
  /** Undefined: a frame that only moves the cursor. */
  readonly data: string | undefined;
  /** The last id seen so far, this frame's included; empty: none yet. */
  readonly id: string;
}

/**
 * Incremental parser of text/event-stream. Pieces may be cut anywhere: inside a line, between CR and LF, inside a
 * character.
 */
export class SseParser {
  private readonly decoder = new TextDecoder('utf-8');
  private rest = '';
  private skipLineFeed = false;
  private lastId = '';
  private idSeen = false;
  private event = '';
  private data: string[] = [];

  /** @returns the frames that this piece completes; comments give none */
  push(piece: Uint8Array): SseFrame[] {
    const frames: SseFrame[] = [];
    for (const line of this.lines(this.decoder.decode(piece, { stream: true }))) {
      if (line !== '') {
        this.field(line);
        continue;
      }
      const frame = this.dispatch();
      if (frame !== undefined) frames.push(frame);
    }
    return frames;
  }

  private *lines(text: string): Generator<string> {
    let pending = this.skipLineFeed && text.startsWith('\n') ? text.slice(1) : text;
    if (text !== '') this.skipLineFeed = false;
    pending = this.rest + pending;
    let start = 0;
    for (let index = this.rest.length; index < pending.length; index += 1) {
      const character = pending[index];
      if (character !== '\n' && character !== '\r') continue;
      yield pending.slice(start, index);
      if (character === '\r') {
        if (index + 1 === pending.length) this.skipLineFeed = true;
        else if (pending[index + 1] === '\n') index += 1;
      }
      start = index + 1;
    }
    this.rest = pending.slice(start);
  }

  private field(line: string): void {
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const name = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (name === 'event') this.event = value;
    else if (name === 'data') this.data.push(value);
    else if (name === 'id' && !value.includes('\0')) {
      this.lastId = value;
      this.idSeen = true;
    }
  }

  private dispatch(): SseFrame | undefined {
    const { event, data, idSeen } = this;
    this.event = '';
    this.data = [];
    this.idSeen = false;
    if (data.length === 0 && event === '' && !idSeen) return undefined;
    return {
      event: event === '' ? 'message' : event,
      data: data.length === 0 ? undefined : data.join('\n'),
      id: this.lastId,
    };
  }
}
