import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { parseDuration } from '../../input/duration-option.js';
import { shortCommit } from '../../output/short-id.js';
import { locate } from '../../resolve/locate.js';
import { settleLandings } from './settle.js';

interface Options extends JsonOption {
  readonly wait: boolean;
  readonly timeout?: number;
}

export function revert(runtime: Runtime): Command {
  return leaf('revert', 'take back what a landing brought, by a tested commit that goes through the queue')
    .argument('<landing>', 'id, or part of it')
    .option('--no-wait', 'return as soon as it is queued')
    .option('--timeout <duration>', 'wait no longer than this (exit code 5)', parseDuration)
    .action(
      action<[string], Options>(runtime, async (session, options, text) => {
        const heddle = await session.client();
        const { id } = await locate(heddle, ['landing'], text);
        const queued = await heddle.landings.revert(id, { signal: session.signal });
        if (!options.wait) {
          if (session.out.json) session.out.document(queued);
          return EXIT.ok;
        }
        const { code, landings } = await settleLandings(session, heddle, [queued], options.timeout);
        const [ended] = landings;
        if (session.out.json && ended !== undefined) session.out.document(ended);
        const commit = ended?.landedCommit;
        if (commit !== undefined) session.out.note(`Taken back by ${shortCommit(commit)}.`);
        return code;
      }),
    );
}
