import { take, type HeddleClient } from '@heddle/sdk';
import { CliError, usageError } from '../cli.error.js';
import { EXIT } from '../exit-codes.js';
import { matchId } from './match-id.js';

/** The repository by name, id or part of its id; without a word, the only one that is registered. */
export async function resolveRepository(client: HeddleClient, text: string | undefined): Promise<string> {
  const repositories = await take(client.repositories.listAll({}, { pageSize: 200 }));
  if (text === undefined) {
    const [only, ...others] = repositories;
    if (only === undefined) throw noRepository();
    if (others.length === 0) return only.id;
    throw usageError(
      'There is more than one repository: say which with --repo',
      `Registered: ${repositories.map(({ name }) => name).join(', ')}`,
    );
  }
  const byName = repositories.filter(({ name, id }) => name === text || id === text);
  const byPart = matchId(
    repositories.map(({ id }) => id),
    text,
  );
  const ids = byName.length > 0 ? byName.map(({ id }) => id) : byPart;
  const [id, ...more] = ids;
  if (id === undefined) {
    throw new CliError(EXIT.refused, 'NOT_FOUND', `There is no repository ${text}`, {
      hint: 'See what is registered: heddle repo ls',
    });
  }
  if (more.length > 0)
    throw new CliError(EXIT.refused, 'AMBIGUOUS', `${text} fits more than one repository: ${ids.join(', ')}`);
  return id;
}

function noRepository(): CliError {
  return new CliError(EXIT.refused, 'NO_REPOSITORY', 'No repository is registered yet', {
    hint: 'Register one: heddle repo add PATH_OR_URL',
  });
}
