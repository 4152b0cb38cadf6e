import { take, type Environment, type HeddleClient } from '@heddle/sdk';
import { CliError } from '../cli.error.js';
import { EXIT } from '../exit-codes.js';
import { isFullId, matchId } from './match-id.js';

/** The environment by name, id or part of its id. Several may have one name: then the id says which. */
export async function resolveEnvironment(client: HeddleClient, text: string): Promise<Environment> {
  if (isFullId(text)) return client.environments.getById(text);
  const environments = await take(client.environments.listAll({ pageSize: 200 }));
  const byName = environments.filter(({ name }) => name === text);
  const parts = matchId(
    environments.map(({ id }) => id),
    text,
  );
  const found = byName.length > 0 ? byName : environments.filter(({ id }) => parts.includes(id));
  const [environment, ...others] = found;
  if (environment === undefined)
    throw new CliError(EXIT.refused, 'NOT_FOUND', `There is no environment ${text}`, {
      hint: 'See what there is: heddle environment ls',
    });
  if (others.length > 0)
    throw new CliError(
      EXIT.refused,
      'AMBIGUOUS',
      `${text} fits more than one environment: ${found.map(({ id }) => id).join(', ')}`,
      { hint: 'Give the id of one.' },
    );
  return environment;
}

/** The id where one is named by name, id or part of its id; undefined and empty: none is. */
export async function resolveEnvironmentId(
  client: HeddleClient,
  text: string | undefined,
): Promise<string | undefined> {
  if (text === undefined || text === '' || isFullId(text)) return text;
  return (await resolveEnvironment(client, text)).id;
}
