import type { ContentChunk, SessionUpdate } from '@agentclientprotocol/sdk';
import type { BridgeRecord } from './bridge-settings.js';

type Chunk = ContentChunk & { readonly sessionUpdate: 'agent_message_chunk' | 'agent_thought_chunk' };

/** Longer texts are given in parts. */
const MAX_JOINED = 256 * 1024;

/** Prints a line for each record. What the model says comes in pieces of a word: those of one message become one line. */
export class RecordWriter {
  private held: Chunk | undefined;

  constructor(private readonly print: (line: string) => void) {}

  update(update: SessionUpdate): void {
    const chunk = isText(update) ? update : undefined;
    const { held } = this;
    if (chunk !== undefined && held?.sessionUpdate === chunk.sessionUpdate && held.messageId === chunk.messageId) {
      const text = textOf(held) + textOf(chunk);
      this.held = { ...held, content: { type: 'text', text } };
      if (text.length >= MAX_JOINED) this.flush();
    } else {
      this.flush();
      if (chunk === undefined) this.line({ type: 'update', update });
      else this.held = chunk;
    }
  }

  record(record: BridgeRecord): void {
    this.flush();
    this.line(record);
  }

  private flush(): void {
    const { held } = this;
    this.held = undefined;
    if (held !== undefined) this.line({ type: 'update', update: held });
  }

  private line(record: BridgeRecord): void {
    this.print(JSON.stringify(record));
  }
}

function isText(update: SessionUpdate): update is Chunk {
  return (
    (update.sessionUpdate === 'agent_message_chunk' || update.sessionUpdate === 'agent_thought_chunk') &&
    update.content.type === 'text'
  );
}

function textOf({ content }: Chunk): string {
  return content.type === 'text' ? content.text : '';
}
