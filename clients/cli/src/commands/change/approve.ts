import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { giveVerdicts } from './verdict.js';

interface Options extends JsonOption {
  readonly comment?: string;
}

export function changeApprove(runtime: Runtime): Command {
  return leaf('approve', 'approve changes, so that they may land')
    .argument('<change...>', 'changes, or the attempts or tasks that made them')
    .option('-m, --comment <text>', 'why')
    .action(
      action<[readonly string[]], Options>(runtime, (session, { comment }, texts) =>
        giveVerdicts(session, texts, { verdict: 'APPROVE', comment }),
      ),
    );
}
