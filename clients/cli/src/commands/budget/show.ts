import type { Attempt, Batch, HeddleClient, Task } from '@heddle/sdk';
import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { shortId } from '../../output/short-id.js';
import { locate } from '../../resolve/locate.js';
import { budgetTable } from '../../views/budget-view.js';

/** What a budget may be of. */
export const BUDGET_KINDS = ['batch', 'task', 'attempt'] as const;
export type BudgetKind = (typeof BUDGET_KINDS)[number];

export function budgetShow(runtime: Runtime): Command {
  return leaf('show', 'show what a batch, task or attempt has used, and may use')
    .argument('<id>', 'of the batch, task or attempt, or part of it')
    .action(
      action<[string], JsonOption>(runtime, async ({ client, out, signal, now }, _options, text) => {
        const heddle = await client();
        const { kind, id } = await locate(heddle, BUDGET_KINDS, text);
        const owner = await read(heddle, kind as BudgetKind, id, signal);
        const { budget, spending } = owner;
        if (out.json) out.document({ kind, id, budget, spending });
        else {
          const view = { style: out.style, columns: out.columns, now: now() };
          out.lines([`${out.style.bold(kind)} ${shortId(id)}`, ...budgetTable(owner, view)]);
        }
        return EXIT.ok;
      }),
    );
}

function read(
  client: HeddleClient,
  kind: BudgetKind,
  id: string,
  signal: AbortSignal,
): Promise<Batch | Task | Attempt> {
  const resources = { batch: client.batches, task: client.tasks, attempt: client.attempts };
  return resources[kind].getById(id, { signal });
}
