import type { Command } from 'commander';
import { usageError } from '../../cli.error.js';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { budgetOf, withBudgetOptions, type BudgetOptions } from '../../input/budget-options.js';
import { shortId } from '../../output/short-id.js';
import { locate } from '../../resolve/locate.js';
import { budgetTable } from '../../views/budget-view.js';
import { BUDGET_KINDS, type BudgetKind } from './show.js';

interface Options extends JsonOption, BudgetOptions {}

export function budgetRaise(runtime: Runtime): Command {
  const raise = leaf('raise', 'let a batch, task or attempt use more, or limit it').argument(
    '<id>',
    'of the batch, task or attempt, or part of it',
  );
  return withBudgetOptions(raise).action(
    action<[string], Options>(runtime, async ({ client, out, signal, now }, options, text) => {
      const budget = budgetOf(options);
      if (budget === undefined)
        throw usageError('Say what it may use', 'heddle budget raise ID --tokens 2M --cost 10USD');
      const heddle = await client();
      const { kind, id } = await locate(heddle, BUDGET_KINDS, text);
      const resources = { batch: heddle.batches, task: heddle.tasks, attempt: heddle.attempts };
      const owner = await resources[kind as BudgetKind].raiseBudget(id, { budget }, { signal });
      if (out.json) out.document({ kind, id, budget: owner.budget, spending: owner.spending });
      else {
        const view = { style: out.style, columns: out.columns, now: now() };
        out.lines([`${out.style.bold(kind)} ${shortId(id)}`, ...budgetTable(owner, view)]);
        if (owner.endTime === undefined) {
          const batchId = 'batchId' in owner ? owner.batchId : id;
          out.note(`It is ${owner.state}. Watch it: heddle watch ${shortId(batchId)}`);
        }
      }
      return EXIT.ok;
    }),
  );
}
