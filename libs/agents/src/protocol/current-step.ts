import { AgentActivity_Kind as Kind, AgentActivity_Status as Status } from '@heddle/contracts';
import type { ReadActivity } from '../agent-adapter.js';
import { flat, oneLine } from './cut-text.js';

/** What a run of an agent is doing now, in one line for lists. */
export class CurrentStep {
  private latest: ReadActivity | undefined;

  add(activity: ReadActivity): void {
    if (activity.kind === Kind.USAGE || this.isEndOfAnother(activity)) return;
    this.latest = activity;
  }

  /**
   * Without colours, of at most 200 bytes; empty before it did anything.
   * @param hide takes out what nobody may see, before a part of it could be cut off, or be put together by taking out colours
   */
  line(hide: (text: string) => string): string {
    return this.latest === undefined ? '' : oneLine(hide(flat(hide(wordsOf(this.latest)))));
  }

  /** Of several at once, one that still runs is what it is doing. */
  private isEndOfAnother({ status, itemId }: ReadActivity): boolean {
    const { latest } = this;
    return latest?.status === Status.STARTED && status !== Status.STARTED && itemId !== '' && itemId !== latest.itemId;
  }
}

function wordsOf({ kind, status, text, command, files, toolCall, plan, summary }: ReadActivity): string {
  const did = (present: string, past: string): string =>
    status === Status.STARTED ? present : status === Status.FAILED ? `${past} and failed:` : past;
  switch (kind) {
    case Kind.COMMAND:
      return `${did('runs', 'ran')} ${command?.command ?? ''}`;
    case Kind.FILE_CHANGE:
      return `${did('edits', 'edited')} ${files.map(({ path }) => path).join(', ')}`;
    case Kind.TOOL_CALL:
      return `${did('calls', 'called')} ${[toolCall?.server, toolCall?.name, toolCall?.input].filter(Boolean).join(' ')}`;
    case Kind.PLAN:
      return `plans: ${plan.length === 0 ? '' : summary}`;
    case Kind.REASONING:
      return `thinks: ${text}`;
    case Kind.QUESTION:
      return `asks: ${text}`;
    case Kind.ERROR:
      return `fails: ${text}`;
    default:
      return `says: ${text}`;
  }
}
