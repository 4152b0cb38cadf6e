import { isJobEnded } from '@heddle/sdk';
import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { shortId } from '../../output/short-id.js';
import { locate } from '../../resolve/locate.js';
import { statePaint } from '../../views/state-paint.js';

export function jobCancel(runtime: Runtime): Command {
  return leaf('cancel', 'stop a job; one that has ended stays as it is')
    .argument('<job>', 'id')
    .action(
      action<[string], JsonOption>(runtime, async ({ client, out, signal }, _options, text) => {
        const heddle = await client();
        const job = await heddle.jobs.cancel((await locate(heddle, ['job'], text)).id, { signal });
        if (out.json) out.document(job);
        else out.line(`job ${shortId(job.id)}  ${statePaint(out.style, job.state)(job.state)}`);
        if (!isJobEnded(job)) out.note('It is being stopped.');
        return EXIT.ok;
      }),
    );
}
