import type { HeddleClient, LogOwner } from '@heddle/sdk';
import type { Command } from 'commander';
import { action, type Runtime } from '../../command.js';
import { logLeaf, showLog, type LogOptions } from '../../progress/show-log.js';
import { locate } from '../../resolve/locate.js';
import { attemptOf } from '../../resolve/resolve-attempt.js';

export function attemptLogs(runtime: Runtime): Command {
  return logLeaf('print what an agent, its checks, the checks of a landing or a job printed')
    .argument('<id>', 'attempt, task, change, landing or job')
    .action(
      action<[string], LogOptions>(runtime, async (session, options, text) => {
        const heddle = await session.client();
        return showLog(session, heddle, await logOwner(heddle, text), options);
      }),
    );
}

async function logOwner(heddle: HeddleClient, text: string): Promise<LogOwner> {
  const located = await locate(heddle, ['attempt', 'task', 'change', 'landing', 'job'], text);
  if (located.kind === 'landing') return { kind: 'landings', id: located.id };
  if (located.kind === 'job') return { kind: 'jobs', id: located.id };
  return { kind: 'attempts', id: await attemptOf(heddle, located) };
}
