import { Option, type Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { parseWholeNumber } from '../../input/number-option.js';
import { resolveBatch } from '../../resolve/resolve-batch.js';
import { resolveRepository } from '../../resolve/resolve-repository.js';
import { loadLine, triageTable } from '../../views/decision-view.js';

interface Options extends JsonOption {
  readonly repo?: string;
  readonly repository?: string;
  readonly batch?: string;
  readonly limit: number;
}

export function triage(runtime: Runtime): Command {
  return leaf('triage', 'what waits for a review, what to look at first on top')
    .option('-r, --repo <name-or-id>', 'repository; not needed where there is only one')
    .addOption(new Option('--repository <name-or-id>', 'the same').hideHelp())
    .option('-b, --batch <id>', 'only those of this batch')
    .option('-n, --limit <count>', 'at most so many, up to 200', parseWholeNumber, 50)
    .action(
      action<[], Options>(runtime, async ({ client, out, signal, now }, { repo, repository, batch, limit }) => {
        const heddle = await client();
        const filter = {
          repositoryId: await resolveRepository(heddle, repo ?? repository),
          batchId: batch === undefined ? undefined : await resolveBatch(heddle, batch),
        };
        const queue = await heddle.changes.reviewQueue(filter, { signal, limit });
        if (out.json) out.document({ changes: queue.changes, reviewLoad: queue.reviewLoad });
        else out.lines(triageTable(queue.changes, { style: out.style, columns: out.columns, now: now() }));
        if (queue.reviewLoad !== undefined) out.note(loadLine(queue.reviewLoad));
        if (queue.isCut) out.note(`More wait than these ${String(queue.changes.length)}: see --limit`);
        return EXIT.ok;
      }),
    );
}
