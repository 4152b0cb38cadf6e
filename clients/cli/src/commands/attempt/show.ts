import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { locate } from '../../resolve/locate.js';
import { attemptOf } from '../../resolve/resolve-attempt.js';
import { attemptDetails } from '../../views/attempt-view.js';

export function attemptShow(runtime: Runtime): Command {
  return leaf('show', 'show an attempt: why it is as it is, its agent, its sandbox, what it used')
    .argument('<id>', 'attempt, change, or a task for its newest attempt; or part of the id')
    .action(
      action<[string], JsonOption>(runtime, async ({ client, out, signal, now }, _options, text) => {
        const heddle = await client();
        const id = await attemptOf(heddle, await locate(heddle, ['attempt', 'task', 'change'], text));
        const attempt = await heddle.attempts.getById(id, { signal });
        if (out.json) out.document(attempt);
        else out.lines(attemptDetails(attempt, { style: out.style, columns: out.columns, now: now() }));
        return EXIT.ok;
      }),
    );
}
