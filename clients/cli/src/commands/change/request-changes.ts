import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { giveVerdicts } from './verdict.js';

interface Options extends JsonOption {
  readonly comment?: string;
  readonly reason?: string;
}

export function changeRequest(runtime: Runtime): Command {
  return leaf(
    'request-changes',
    "have changes worked on further: the comment and the open threads are their agents' next turn",
  )
    .argument('<change...>', 'changes, or the attempts or tasks that made them')
    .option('-m, --comment <text>', 'what is to be done; may be left out where threads are open')
    .option('--reason <class>', 'of the same list as of reject, for example MISSING_TESTS')
    .action(
      action<[readonly string[]], Options>(runtime, (session, { comment, reason }, texts) =>
        giveVerdicts(session, texts, { verdict: 'REQUEST_CHANGES', comment, reasonClass: reason }),
      ),
    );
}
