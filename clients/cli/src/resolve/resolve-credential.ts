import { take, type Credential, type HeddleClient } from '@heddle/sdk';
import { CliError } from '../cli.error.js';
import { EXIT } from '../exit-codes.js';
import { isFullId } from './match-id.js';

/** The credential by name or id. */
export async function resolveCredential(client: HeddleClient, text: string): Promise<Credential> {
  if (isFullId(text)) return client.credentials.getById(text);
  const [credential] = await take(client.credentials.listAll({ name: text }));
  if (credential !== undefined) return credential;
  throw new CliError(EXIT.refused, 'NOT_FOUND', `There is no credential ${text}`, {
    hint: 'See what there is: heddle admin credentials ls',
  });
}
