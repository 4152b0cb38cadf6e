import type { EgressRequest } from '@heddle/sdk';
import { Option, type Command } from 'commander';
import { usageError } from '../../cli.error.js';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { shortId } from '../../output/short-id.js';
import { locate } from '../../resolve/locate.js';
import { attemptOf } from '../../resolve/resolve-attempt.js';
import { egressTable } from '../../views/egress-view.js';

interface Options extends JsonOption {
  readonly verdict?: EgressRequest['verdict'];
}

export function attemptEgress(runtime: Runtime): Command {
  return leaf('egress', 'show what a sandbox asked of the network, and which rule would allow what was refused')
    .argument('<id>', 'attempt, task or change')
    .addOption(new Option('--verdict <verdict>', 'only these').choices(['ALLOWED', 'REFUSED', 'FAILED']))
    .action(
      action<[string], Options>(runtime, async ({ client, out, signal, now }, { verdict }, text) => {
        const heddle = await client();
        const located = await locate(heddle, ['attempt', 'task', 'change', 'job'], text);
        if (located.kind === 'job')
          throw usageError(
            `${text} is a job: what its set-up was refused is in what it found`,
            `heddle job show ${shortId(located.id)}`,
          );
        const id = await attemptOf(heddle, located);
        const filter = verdict === undefined ? {} : { verdicts: [verdict] };
        const report = await heddle.attempts.egress(id, filter, { signal });
        if (out.json) out.document(report);
        else out.lines(egressTable(report, { style: out.style, columns: out.columns, now: now() }));
        return EXIT.ok;
      }),
    );
}
