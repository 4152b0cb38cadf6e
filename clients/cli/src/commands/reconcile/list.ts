import { take } from '@heddle/sdk';
import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { parseWholeNumber } from '../../input/number-option.js';
import { resolveChange } from '../../resolve/resolve-change.js';
import { resolveRepository } from '../../resolve/resolve-repository.js';
import { reconciliationTable } from '../../views/reconciliation-view.js';

interface Options extends JsonOption {
  readonly change?: string;
  readonly repo?: string;
  readonly limit: number;
}

export function reconcileList(runtime: Runtime): Command {
  return leaf('list', 'list reconciliations, the newest first')
    .alias('ls')
    .option('-c, --change <id>', 'only those that this change is in')
    .option('-r, --repo <name-or-id>', 'only those of this repository')
    .option('-n, --limit <count>', 'at most so many', parseWholeNumber, 50)
    .action(
      action<[], Options>(runtime, async ({ client, out, signal, now }, { change, repo, limit }) => {
        const heddle = await client();
        const filter = {
          changeId: change === undefined ? undefined : await resolveChange(heddle, change),
          repositoryId: repo === undefined ? undefined : await resolveRepository(heddle, repo),
        };
        const pageSize = Math.min(200, Math.max(1, limit));
        const reconciliations = await take(heddle.reconciliations.listAll(filter, { signal, pageSize }), limit);
        if (out.json) out.document({ reconciliations });
        else out.lines(reconciliationTable(reconciliations, { style: out.style, columns: out.columns, now: now() }));
        return EXIT.ok;
      }),
    );
}
