import { take } from '@heddle/sdk';
import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { parseWholeNumber } from '../../input/number-option.js';
import { resolveEnvironment } from '../../resolve/resolve-environment.js';
import { jobTable } from '../../views/job-view.js';

interface Options extends JsonOption {
  readonly environment?: string;
  readonly limit: number;
}

export function jobList(runtime: Runtime): Command {
  return leaf('ls', 'list jobs, the newest first')
    .option('--environment <name-or-id>', 'only those of this environment')
    .option('-n, --limit <count>', 'at most so many', parseWholeNumber, 50)
    .action(
      action<[], Options>(runtime, async ({ client, out, signal, now }, { environment, limit }) => {
        const heddle = await client();
        const environmentId =
          environment === undefined ? undefined : (await resolveEnvironment(heddle, environment)).id;
        const pageSize = Math.min(200, Math.max(1, limit));
        const jobs = await take(heddle.jobs.listAll({ environmentId }, { signal, pageSize }), limit);
        if (out.json) out.document({ jobs });
        else out.lines(jobTable(jobs, { style: out.style, columns: out.columns, now: now() }));
        return EXIT.ok;
      }),
    );
}
