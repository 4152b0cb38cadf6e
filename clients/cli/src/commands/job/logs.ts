import type { Command } from 'commander';
import { action, type Runtime } from '../../command.js';
import { logLeaf, showLog, type LogOptions } from '../../progress/show-log.js';
import { locate } from '../../resolve/locate.js';

export function jobLogs(runtime: Runtime): Command {
  return logLeaf('print what the scripts and checks of a job printed')
    .argument('<job>', 'id')
    .action(
      action<[string], LogOptions>(runtime, async (session, options, text) => {
        const heddle = await session.client();
        const { id } = await locate(heddle, ['job'], text);
        return showLog(session, heddle, { kind: 'jobs', id }, options);
      }),
    );
}
