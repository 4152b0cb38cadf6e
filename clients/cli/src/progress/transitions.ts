import type { Attempt, Batch, Task } from '@heddle/sdk';

export interface Transition {
  readonly task: Task;
  readonly attempt: Attempt;
}

/** The attempts whose state or reason differs between two snapshots of a batch; without an earlier one, all. */
export function transitions(before: Batch | undefined, now: Batch): Transition[] {
  const known = new Map(
    (before?.tasks ?? []).flatMap((task) => task.attempts.map((attempt) => [attempt.id, word(attempt)])),
  );
  return now.tasks.flatMap((task) =>
    task.attempts.filter((attempt) => known.get(attempt.id) !== word(attempt)).map((attempt) => ({ task, attempt })),
  );
}

function word(attempt: Attempt): string {
  return `${attempt.state} ${attempt.statusDetail}`;
}
