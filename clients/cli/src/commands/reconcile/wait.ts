import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { parseDuration } from '../../input/duration-option.js';
import { locate } from '../../resolve/locate.js';
import { outcomeOf } from './outcome.js';

interface Options extends JsonOption {
  readonly timeout?: number;
}

export function reconcileWait(runtime: Runtime): Command {
  return leaf('wait', 'wait for a reconciliation, and show it')
    .argument('<reconciliation>', 'id, or part of it')
    .option('--timeout <duration>', 'wait no longer than this (exit code 5)', parseDuration)
    .action(
      action<[string], Options>(runtime, async (session, { timeout }, text) => {
        const heddle = await session.client();
        return outcomeOf(session, heddle, (await locate(heddle, ['reconciliation'], text)).id, timeout);
      }),
    );
}
