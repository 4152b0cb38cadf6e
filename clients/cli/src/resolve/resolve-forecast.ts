import { take, type HeddleClient } from '@heddle/sdk';
import { CliError } from '../cli.error.js';
import { EXIT } from '../exit-codes.js';
import { isFullId, matchId } from './match-id.js';

/** How many of the newest a part of an id, or no word at all, is looked for in. */
const RECENT = 50;

/** The forecast by id or part of it; without a word, the newest. */
export async function resolveForecast(client: HeddleClient, text: string | undefined): Promise<string> {
  if (text !== undefined && isFullId(text)) return text;
  const limit = text === undefined ? 1 : RECENT;
  const ids = (await take(client.forecasts.listAll({}, { pageSize: limit }), limit)).map(({ id }) => id);
  const [id, ...others] = text === undefined ? ids : matchId(ids, text);
  if (id === undefined) {
    const message = text === undefined ? 'No forecast is there yet' : `There is no forecast ${text}`;
    throw new CliError(EXIT.refused, 'NOT_FOUND', message, { hint: 'Make one: heddle batch plan -f FILE' });
  }
  if (others.length > 0)
    throw new CliError(
      EXIT.refused,
      'AMBIGUOUS',
      `${text ?? ''} fits more than one forecast: ${[id, ...others].join(', ')}`,
    );
  return id;
}
