import type { CreateReconciliationInput, HeddleClient, PlanReconciliationInput } from '@heddle/sdk';
import type { Command } from 'commander';
import { usageError } from '../cli.error.js';
import { resolveChange } from '../resolve/resolve-change.js';

export interface ReconcileOptions {
  readonly branch?: string;
  readonly fromTip?: boolean;
  readonly keepOrder?: boolean;
}

/** What a plan and a reconciliation are asked for alike. */
export function withReconcileOptions(command: Command): Command {
  return command
    .argument('<change...>', 'changes, or the attempts or tasks that made them')
    .option('-b, --branch <branch>', 'branch that it is for; by default that of the first')
    .option('--from-tip', 'begin at the tip that the branch has now, not at the base of the changes')
    .option('--keep-order', 'merge in the order given here, not in the one that leaves least to be done again');
}

export async function reconcileInput(
  heddle: HeddleClient,
  texts: readonly string[],
  { branch, fromTip, keepOrder }: ReconcileOptions,
): Promise<PlanReconciliationInput & CreateReconciliationInput> {
  if (texts.length < 2 && fromTip !== true)
    throw usageError('It takes two changes, or --from-tip for one and the branch as it is now');
  const changeIds: string[] = [];
  for (const text of texts) changeIds.push(await resolveChange(heddle, text));
  return { changeIds, targetBranch: branch, fromTip, keepOrder };
}
