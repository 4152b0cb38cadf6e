import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { giveVerdicts } from './verdict.js';

interface Options extends JsonOption {
  readonly comment?: string;
  readonly reason: string;
}

export function changeReject(runtime: Runtime): Command {
  return leaf('reject', 'reject changes')
    .argument('<change...>', 'changes, or the attempts or tasks that made them')
    .requiredOption(
      '--reason <class>',
      'INCORRECT, INCOMPLETE, WRONG_APPROACH, MISSING_TESTS, OUT_OF_SCOPE, …, or SUPERSEDED, DUPLICATE, NO_LONGER_NEEDED, …; a wrong one is told all',
    )
    .option('-m, --comment <text>', 'why')
    .action(
      action<[readonly string[]], Options>(runtime, (session, { comment, reason }, texts) =>
        giveVerdicts(session, texts, { verdict: 'REJECT', comment, reasonClass: reason }),
      ),
    );
}
