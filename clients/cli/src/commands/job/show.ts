import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { locate } from '../../resolve/locate.js';
import { jobDetails } from '../../views/job-view.js';

export function jobShow(runtime: Runtime): Command {
  return leaf('show', 'show a job with what it found')
    .argument('<job>', 'id')
    .action(
      action<[string], JsonOption>(runtime, async ({ client, out, signal, now }, _options, text) => {
        const heddle = await client();
        const job = await heddle.jobs.getById((await locate(heddle, ['job'], text)).id, { signal });
        if (out.json) out.document(job);
        else out.lines(jobDetails(job, { style: out.style, columns: out.columns, now: now() }));
        return EXIT.ok;
      }),
    );
}
