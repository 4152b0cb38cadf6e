import type { ActivityFilter, AgentActivity, HeddleClient } from '@heddle/sdk';
import { Option, type Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { parseWholeNumber } from '../../input/number-option.js';
import { shortId } from '../../output/short-id.js';
import { locate } from '../../resolve/locate.js';
import { attemptOf } from '../../resolve/resolve-attempt.js';
import { activityLine } from '../../views/activity-view.js';

interface Options extends JsonOption {
  readonly follow?: boolean;
  readonly tail?: number;
  readonly kind?: AgentActivity['kind'];
}

const KINDS = [
  'MESSAGE',
  'REASONING',
  'COMMAND',
  'FILE_CHANGE',
  'TOOL_CALL',
  'PLAN',
  'QUESTION',
  'USAGE',
  'ERROR',
] as const satisfies readonly AgentActivity['kind'][];

export function attemptActivity(runtime: Runtime): Command {
  return leaf('activity', 'print what an agent did: messages, commands, files, tokens')
    .argument('<id>', 'attempt, task or change')
    .option('-f, --follow', 'stay to the end')
    .option('-n, --tail <records>', 'only the last so many of what is there', parseWholeNumber)
    .addOption(new Option('--kind <kind>', 'only this kind').choices(KINDS))
    .action(
      action<[string], Options>(runtime, async ({ client, out, signal }, options, text) => {
        const heddle = await client();
        const attemptId = await attemptOf(heddle, await locate(heddle, ['attempt', 'task', 'change'], text));
        const filter = activityFilter(options);
        const activities =
          options.follow === true
            ? heddle.activities.follow(attemptId, filter, { signal })
            : heddle.activities.soFar(attemptId, filter, { signal });
        let isEmpty = true;
        // A pipe gets one line for each item, at its end; what never ended follows.
        const begun = new Map<string, AgentActivity>();
        const isOnePerItem = !out.json && !out.isTerminal;
        for await (const activity of activities) {
          isEmpty = false;
          if (out.json) out.record(activity);
          else if (isOnePerItem && activity.status === 'STARTED' && activity.itemId !== '')
            begun.set(itemKey(activity), activity);
          else {
            begun.delete(itemKey(activity));
            out.line(activityLine(activity, out.style));
          }
        }
        for (const activity of begun.values()) out.line(activityLine(activity, out.style));
        if (isEmpty && !out.json) out.note(await whyNone(heddle, attemptId, signal));
        return EXIT.ok;
      }),
    );
}

/** Agents begin to count anew with each turn. */
function itemKey({ turn, itemId }: AgentActivity): string {
  return `${String(turn)} ${itemId}`;
}

async function whyNone(heddle: HeddleClient, attemptId: string, signal: AbortSignal): Promise<string> {
  const { state, startTime } = await heddle.attempts.getById(attemptId, { signal });
  const id = shortId(attemptId);
  if (startTime === undefined) return `Its agent has not started (${state}): heddle attempt show ${id}`;
  return `Nothing of that kind: agents whose output is plain text tell no activity; see heddle logs ${id}`;
}

function activityFilter({ tail, kind }: Options): ActivityFilter {
  return { ...(tail === undefined ? {} : { tail }), ...(kind === undefined ? {} : { kinds: [kind] }) };
}
