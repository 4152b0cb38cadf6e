import { take, type HeddleClient } from '@heddle/sdk';
import { CliError } from '../cli.error.js';
import { EXIT } from '../exit-codes.js';
import { locate } from './locate.js';

/** The batch that is meant; without any word, or by `latest`, the newest. */
export async function resolveBatch(client: HeddleClient, text: string | undefined): Promise<string> {
  if (text !== undefined && text !== 'latest') return (await locate(client, ['batch'], text)).id;
  const [newest] = await take(client.batches.listAll({}, { pageSize: 1 }), 1);
  if (newest === undefined) {
    throw new CliError(EXIT.refused, 'NO_BATCH', 'There is no batch yet', {
      hint: 'Launch one: heddle batch create -f tasks.yaml',
    });
  }
  return newest.id;
}
