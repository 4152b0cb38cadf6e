import { take, type Attempt, type HeddleClient } from '@heddle/sdk';
import { CliError } from '../cli.error.js';
import { EXIT } from '../exit-codes.js';
import { shortId } from '../output/short-id.js';
import { locate } from './locate.js';

/** The change that is meant: by its own id, or by that of the attempt or the task that made it. */
export async function resolveChange(client: HeddleClient, text: string): Promise<string> {
  const { kind, id } = await locate(client, ['change', 'attempt', 'task'], text);
  if (kind === 'change') return id;
  const changes = kind === 'attempt' ? await changeOfAttempt(client, id) : await changesOfTask(client, id);
  const [change, ...others] = changes;
  if (change === undefined) {
    throw new CliError(EXIT.refused, 'NO_CHANGE', `The ${kind} ${text} has made no change yet`, {
      hint: whatHelps(kind === 'attempt' ? [await client.attempts.getById(id)] : await attemptsOfTask(client, id)),
    });
  }
  if (others.length > 0) {
    throw new CliError(
      EXIT.refused,
      'AMBIGUOUS',
      `The task ${text} has ${String(changes.length)} changes: ${changes.join(', ')}`,
      {
        hint: 'Give the id of one.',
      },
    );
  }
  return change;
}

function whatHelps(attempts: readonly Attempt[]): string {
  const plan = attempts.find(
    ({ state, statusDetail }) => state === 'WAITING_FOR_USER' && statusDetail === 'PLAN_APPROVAL',
  );
  if (plan === undefined) return 'Wait for it: heddle watch';
  const id = shortId(plan.id);
  return `It waits with its plan: heddle plan show ${id}, heddle plan approve ${id}`;
}

async function attemptsOfTask(client: HeddleClient, taskId: string): Promise<readonly Attempt[]> {
  return (await client.tasks.getById(taskId)).attempts;
}

async function changeOfAttempt(client: HeddleClient, id: string): Promise<string[]> {
  const { changeId } = await client.attempts.getById(id);
  return changeId === undefined ? [] : [changeId];
}

async function changesOfTask(client: HeddleClient, taskId: string): Promise<string[]> {
  const changes = await take(client.changes.listAll({ taskId }, { pageSize: 200 }));
  return changes.map(({ id }) => id);
}
