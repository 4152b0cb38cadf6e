import type { Change, HeddleClient } from '@heddle/sdk';
import type { Results } from './collect.js';

/** A change that was approved, with the number of its task from 1. */
export interface Approved {
  readonly task: number;
  readonly title: string;
  readonly change: Change;
}

export interface Refused {
  readonly task: number;
  readonly title: string;
  readonly why: string;
  /** There was nothing to change: nobody's fault. */
  readonly empty: boolean;
}

export interface Review {
  readonly approved: readonly Approved[];
  readonly refused: readonly Refused[];
}

/** Approves, in the order of the tasks, the best attempt of each; what can't land is named with the reason. */
export async function review(heddle: HeddleClient, results: Results, signal: AbortSignal): Promise<Review> {
  const approved: Approved[] = [];
  const refused: Refused[] = [];
  for (const [index, { title, attempts, state, statusDetail }] of results.batch.tasks.entries()) {
    const task = index + 1;
    const changes = attempts.flatMap(({ id }) => results.changes.find(({ attemptId }) => attemptId === id) ?? []);
    const change = changes.find((candidate) => whyNot(candidate) === undefined);
    if (change !== undefined) {
      await heddle.changes.createVerdict(change.id, { verdict: 'APPROVE', headCommit: change.headCommit }, { signal });
      approved.push({ task, title, change });
    } else {
      const [first] = changes;
      const broken = first === undefined || first.partial;
      const why = broken ? `${state} ${statusDetail}`.trim() : (whyNot(first) ?? '');
      refused.push({ task, title, why, empty: !broken && first.empty });
    }
  }
  return { approved, refused };
}

/** Undefined: nothing stands in the way. */
function whyNot(change: Change): string | undefined {
  if (change.partial) return 'partial';
  if (change.empty) return 'nothing was changed';
  const red = change.checks.filter((check) => !check.advisory && check.state !== 'PASSED');
  return red.length === 0 ? undefined : `check ${red.map(({ name, state }) => `${name} ${state}`).join(', ')}`;
}
