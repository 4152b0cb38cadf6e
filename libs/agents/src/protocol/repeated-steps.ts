import { createHash } from 'node:crypto';
import { AgentActivity_Kind as Kind, AgentActivity_Status as Status } from '@heddle/contracts';
import type { ReadActivity } from '../agent-adapter.js';

const STEPS: readonly Kind[] = [Kind.COMMAND, Kind.TOOL_CALL, Kind.FILE_CHANGE];

/** Steps of the longest round that is seen as one: of more, each round is hardly ever like the one before. */
const MAX_ROUND = 4;

/**
 * How often an agent has done the same in a row: the same command or call of a tool with the same outcome, or an edit of the
 * same files that failed, or the same round of up to four such steps. What it says in between is no progress; an edit that went well is.
 */
export class RepeatedSteps {
  /** Of the steps before, the newest first, as many as a round may have. */
  private before: readonly Step[] = [];
  /** Of rounds of one step, of two, …: how many steps on end were like the one a round ago. */
  private alike: readonly number[] = NONE_ALIKE;
  private longest = 0;
  private words = '';

  /** How often it did what it does now. */
  get row(): number {
    if (this.before.length === 0) return 0;
    return Math.max(...this.alike.map((steps, index) => 1 + Math.floor(steps / (index + 1))));
  }

  /** The longest row so far, with its steps in one line. */
  get worst(): { readonly row: number; readonly step: string } {
    return { row: this.longest, step: this.words };
  }

  add(activity: ReadActivity): void {
    if (activity.status === Status.STARTED || !STEPS.includes(activity.kind)) return;
    if (activity.kind === Kind.FILE_CHANGE && activity.status === Status.SUCCEEDED) {
      this.before = [];
      this.alike = NONE_ALIKE;
      return;
    }
    const step = { key: keyOf(activity), summary: activity.summary };
    this.alike = this.alike.map((steps, index) => (this.before[index]?.key === step.key ? steps + 1 : 0));
    this.before = [step, ...this.before].slice(0, MAX_ROUND);
    if (this.row <= this.longest) return;
    this.longest = this.row;
    const round = this.alike.findIndex((steps, index) => 1 + Math.floor(steps / (index + 1)) === this.row) + 1;
    this.words = this.before
      .slice(0, round)
      .map(({ summary }) => summary)
      .reverse()
      .join(', ');
  }
}

interface Step {
  readonly key: string;
  readonly summary: string;
}

const NONE_ALIKE: readonly number[] = Array.from({ length: MAX_ROUND }, () => 0);

/** Outputs are long: only a digest is kept. */
function keyOf({ kind, status, command, toolCall, files }: ReadActivity): string {
  const run = command && { ...command, command: command.command.replaceAll(/\s+/g, ' ').trim() };
  return createHash('sha256')
    .update(JSON.stringify([kind, status, run, toolCall, files]))
    .digest('base64');
}
