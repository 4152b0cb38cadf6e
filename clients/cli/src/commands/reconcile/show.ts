import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { locate } from '../../resolve/locate.js';
import { reconciliationLines } from '../../views/reconciliation-view.js';

export function reconcileShow(runtime: Runtime): Command {
  return leaf('show', 'show a reconciliation: what became of each input')
    .argument('<reconciliation>', 'id, or part of it')
    .action(
      action<[string], JsonOption>(runtime, async ({ client, out, signal, now }, _options, text) => {
        const heddle = await client();
        const { id } = await locate(heddle, ['reconciliation'], text);
        const found = await heddle.reconciliations.getById(id, { signal });
        if (out.json) out.document(found);
        else out.lines(reconciliationLines(found, { style: out.style, columns: out.columns, now: now() }));
        return EXIT.ok;
      }),
    );
}
