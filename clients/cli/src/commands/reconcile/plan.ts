import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { reconcileInput, withReconcileOptions, type ReconcileOptions } from '../../input/reconcile-options.js';
import { planLines } from '../../views/reconciliation-view.js';

interface Options extends JsonOption, ReconcileOptions {}

export function reconcilePlan(runtime: Runtime): Command {
  return withReconcileOptions(
    leaf('plan', 'what would become of changes together; exit code 1 where they conflict'),
  ).action(
    action<[readonly string[]], Options>(runtime, async ({ client, out, signal, now }, options, texts) => {
      const heddle = await client();
      const plan = await heddle.reconciliations.plan(await reconcileInput(heddle, texts, options), { signal });
      if (out.json) out.document(plan);
      else out.lines(planLines(plan, { style: out.style, columns: out.columns, now: now() }));
      return plan.clean ? EXIT.ok : EXIT.workFailed;
    }),
  );
}
