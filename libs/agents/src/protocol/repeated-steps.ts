import { createHash } from 'node:crypto';
import { AgentActivity_Kind as Kind, AgentActivity_Status as Status } from '@heddle/contracts';
import type { ReadActivity } from '../agent-adapter.js';

const STEPS: readonly Kind[] = [Kind.COMMAND, Kind.TOOL_CALL, Kind.FILE_CHANGE];

/**
 * How often an agent has done the same in a row: the same command or call of a tool with the same outcome, or an edit of the
 * same files that failed. What it says in between is no progress; an edit that went well is.
 */
export class RepeatedSteps {
  private last = '';
  private current = 0;
  private longest = 0;
  private words = '';

  /** The row that it is in. */
  get row(): number {
    return this.current;
  }

  /** The longest row so far, with the step in one line. */
  get worst(): { readonly row: number; readonly step: string } {
    return { row: this.longest, step: this.words };
  }

  add(activity: ReadActivity): void {
    if (activity.status === Status.STARTED || !STEPS.includes(activity.kind)) return;
    const isProgress = activity.kind === Kind.FILE_CHANGE && activity.status === Status.SUCCEEDED;
    const key = isProgress ? '' : keyOf(activity);
    this.current = isProgress ? 0 : key === this.last ? this.current + 1 : 1;
    this.last = key;
    if (this.current <= this.longest) return;
    this.longest = this.current;
    this.words = activity.summary;
  }
}

/** Outputs are long: only a digest is kept. */
function keyOf({ kind, status, command, toolCall, files }: ReadActivity): string {
  const run = command && { ...command, command: command.command.replaceAll(/\s+/g, ' ').trim() };
  return createHash('sha256')
    .update(JSON.stringify([kind, status, run, toolCall, files]))
    .digest('base64');
}
