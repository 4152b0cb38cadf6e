import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { attemptOf } from '../../resolve/resolve-attempt.js';
import { locate } from '../../resolve/locate.js';
import { turnLines } from '../../views/turn-view.js';

export function attemptTurns(runtime: Runtime): Command {
  return leaf('turns', 'what its agent was told, turn by turn, and what came of it')
    .argument('<id>', 'attempt, or a task for its newest attempt')
    .action(
      action<[string], JsonOption>(runtime, async ({ client, out, signal, now }, _options, text) => {
        const heddle = await client();
        const id = await attemptOf(heddle, await locate(heddle, ['attempt', 'task'], text));
        const turns = await heddle.attempts.turns(id, { signal });
        if (out.json) out.document({ turns });
        else out.lines(turnLines(turns, { style: out.style, columns: out.columns, now: now() }));
        return EXIT.ok;
      }),
    );
}
