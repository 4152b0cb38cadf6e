import { HeddleApiError, take, type HeddleClient } from '@heddle/sdk';
import { CliError } from '../cli.error.js';
import { EXIT } from '../exit-codes.js';
import { isFullId, matchId } from './match-id.js';

export type Kind = 'batch' | 'task' | 'attempt' | 'change' | 'landing' | 'job' | 'reconciliation';

export interface Located {
  readonly kind: Kind;
  readonly id: string;
}

/** A part of an id is looked for among so many of the newest of each kind. */
const NEWEST = 200;

/** So many are named of those that fit: the newest. */
const SHOWN = 8;

const LOOKUP: Readonly<
  Record<
    Kind,
    {
      readonly byId: (client: HeddleClient, id: string) => Promise<{ readonly id: string }>;
      readonly newest: (client: HeddleClient) => AsyncIterable<{ readonly id: string }>;
    }
  >
> = {
  batch: {
    byId: (client, id) => client.batches.getById(id),
    newest: (client) => client.batches.listAll({}, { pageSize: NEWEST }),
  },
  task: {
    byId: (client, id) => client.tasks.getById(id),
    newest: (client) => client.tasks.listAll({}, { pageSize: NEWEST }),
  },
  attempt: {
    byId: (client, id) => client.attempts.getById(id),
    newest: (client) => client.attempts.listAll({}, { pageSize: NEWEST }),
  },
  change: {
    byId: (client, id) => client.changes.getById(id),
    newest: (client) => client.changes.listAll({}, { pageSize: NEWEST }),
  },
  landing: {
    byId: (client, id) => client.landings.getById(id),
    newest: (client) => client.landings.listAll({}, { pageSize: NEWEST }),
  },
  reconciliation: {
    byId: (client, id) => client.reconciliations.getById(id),
    newest: (client) => client.reconciliations.listAll({}, { pageSize: NEWEST }),
  },
  job: {
    byId: (client, id) => client.jobs.getById(id),
    newest: (client) => client.jobs.listAll({}, { pageSize: NEWEST }),
  },
};

const LISTS: Readonly<Record<Kind, string>> = {
  batch: 'heddle batch ls',
  task: 'heddle task ls',
  attempt: 'heddle attempt ls',
  change: 'heddle batch show',
  landing: 'heddle landing ls',
  job: 'heddle job ls',
  reconciliation: 'heddle reconcile ls',
};

/**
 * Which resource of these kinds an id, or the beginning or end of one, means.
 * @throws {CliError} NOT_FOUND or AMBIGUOUS
 */
export async function locate(client: HeddleClient, kinds: readonly Kind[], text: string): Promise<Located> {
  const found = isFullId(text) ? await byFullId(client, kinds, text) : await byPart(client, kinds, text);
  const [first, ...others] = found;
  if (first === undefined) throw notFound(kinds, text);
  if (others.length > 0) {
    const list = found.slice(0, SHOWN).map(({ kind, id }) => `  ${kind} ${id}`);
    if (found.length > SHOWN) list.push(`  and ${String(found.length - SHOWN)} more`);
    throw new CliError(EXIT.refused, 'AMBIGUOUS', `${text} fits more than one:\n${list.join('\n')}`, {
      hint: 'Give more of the id.',
    });
  }
  return first;
}

async function byFullId(client: HeddleClient, kinds: readonly Kind[], id: string): Promise<Located[]> {
  const [only] = kinds;
  // The call that follows will say whether it is there.
  if (kinds.length === 1 && only !== undefined) return [{ kind: only, id }];
  for (const kind of kinds) {
    try {
      await LOOKUP[kind].byId(client, id);
      return [{ kind, id }];
    } catch (error) {
      if (!HeddleApiError.is(error) || error.httpStatus !== 404) throw error;
    }
  }
  return [];
}

async function byPart(client: HeddleClient, kinds: readonly Kind[], text: string): Promise<Located[]> {
  const perKind = await Promise.all(
    kinds.map(async (kind) => {
      const newest = await take(LOOKUP[kind].newest(client), NEWEST);
      return matchId(
        newest.map(({ id }) => id),
        text,
      ).map((id) => ({ kind, id }));
    }),
  );
  return perKind.flat();
}

function notFound(kinds: readonly Kind[], text: string): CliError {
  const what = kinds.length === 1 ? (kinds[0] ?? '') : `${kinds.slice(0, -1).join(', ')} or ${kinds.at(-1) ?? ''}`;
  return new CliError(EXIT.refused, 'NOT_FOUND', `There is no ${what} ${text}`, {
    hint: `See what there is: ${kinds.map((kind) => LISTS[kind]).join(', ')}`,
  });
}
