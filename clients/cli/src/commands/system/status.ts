import { take, type HeddleClient } from '@heddle/sdk';
import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { statusLines, type Status } from '../../views/status-view.js';

const OPEN_ATTEMPTS = ['QUEUED', 'PROVISIONING', 'RUNNING', 'CHECKING', 'WAITING_FOR_USER'] as const;
const OPEN_LANDINGS = ['QUEUED', 'TESTING', 'PUSHING', 'PROPOSED', 'CONFLICTED'] as const;
const OPEN_RECONCILIATIONS = ['QUEUED', 'RUNNING', 'WAITING_FOR_USER'] as const;
/** More than this is told as "200 or more": status is a glance. */
const GLANCE = 200;

export function systemStatus(runtime: Runtime): Command {
  return leaf('status', 'show the server, who you are to it, and what is going on').action(
    action<[], JsonOption>(runtime, async ({ client, out, signal, now }) => {
      const status = await readStatus(await client(), signal);
      if (out.json) out.document(status);
      else out.lines(statusLines(status, { style: out.style, columns: out.columns, now: now() }));
      return EXIT.ok;
    }),
  );
}

async function readStatus(heddle: HeddleClient, signal: AbortSignal): Promise<Status> {
  const options = { signal, pageSize: GLANCE };
  const [server, caller, agents, repositories, attempts, landings, reconciliations] = await Promise.all([
    heddle.system.serverInfo({ signal }),
    heddle.system.caller({ signal }),
    heddle.system.listAgents({ signal }),
    take(heddle.repositories.listAll({}, options), GLANCE),
    take(heddle.attempts.listAll({ states: OPEN_ATTEMPTS }, options), GLANCE),
    take(heddle.landings.listAll({ states: OPEN_LANDINGS }, options), GLANCE),
    take(heddle.reconciliations.listAll({ states: OPEN_RECONCILIATIONS }, options), GLANCE),
  ]);
  return {
    url: heddle.url,
    server,
    caller,
    agents,
    repositories: repositories.length,
    attempts: countStates(attempts),
    doing: attempts
      .filter(({ activitySummary }) => activitySummary !== '')
      .map(({ id, activitySummary }) => ({ attemptId: id, activitySummary })),
    landings: countStates(landings),
    reconciliations: countStates(reconciliations),
  };
}

function countStates(items: readonly { readonly state: string }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { state } of items) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}
