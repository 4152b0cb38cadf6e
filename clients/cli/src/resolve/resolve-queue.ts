import { take, type HeddleClient, type LandingQueue } from '@heddle/sdk';
import { CliError, usageError } from '../cli.error.js';
import { EXIT } from '../exit-codes.js';
import { matchId } from './match-id.js';
import { resolveRepository } from './resolve-repository.js';

/** The landing queue of a branch, or by id or part of it; without a word, the only one. */
export async function resolveQueue(
  client: HeddleClient,
  text: string | undefined,
  repository: string | undefined,
): Promise<LandingQueue> {
  const repositoryId = repository === undefined ? undefined : await resolveRepository(client, repository);
  const queues = await take(client.landingQueues.listAll({ repositoryId }, { pageSize: 200 }));
  const found =
    text === undefined ? queues : queues.filter(({ id, branch }) => branch === text || matchId([id], text).length > 0);
  const [queue, ...others] = found;
  if (queue === undefined) {
    throw new CliError(
      EXIT.refused,
      'NOT_FOUND',
      text === undefined ? 'No landing queue is there yet' : `There is no landing queue ${text}`,
      {
        hint: 'A branch has one from its first landing on: heddle queue ls',
      },
    );
  }
  if (others.length > 0) {
    const list = found.map(({ id, branch }) => `  ${branch}  ${id}`).join('\n');
    throw usageError('More than one landing queue fits: say which by its branch and --repo, or by its id', list);
  }
  return queue;
}
