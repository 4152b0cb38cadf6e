import { take, type HeddleClient } from '@heddle/sdk';
import { CliError } from '../cli.error.js';
import { EXIT } from '../exit-codes.js';
import type { Located } from './locate.js';

/** The attempt behind a resource; a task's newest. */
export async function attemptOf(client: HeddleClient, { kind, id }: Located): Promise<string> {
  if (kind === 'change') return (await client.changes.getById(id)).attemptId;
  if (kind !== 'task') return id;
  const attempts = await take(client.attempts.listAll({ taskId: id }, { pageSize: 200 }));
  const [newest] = attempts.sort((a, b) => b.attemptNumber - a.attemptNumber);
  if (newest === undefined) throw new CliError(EXIT.refused, 'NO_ATTEMPT', `The task ${id} has no attempt yet`);
  return newest.id;
}
