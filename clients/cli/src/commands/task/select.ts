import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { shortId } from '../../output/short-id.js';
import { locate } from '../../resolve/locate.js';
import { attemptOf } from '../../resolve/resolve-attempt.js';

interface Options extends JsonOption {
  readonly comment?: string;
}

export function attemptSelect(runtime: Runtime): Command {
  return leaf('select', 'put on record which attempt at its task is the best; approves and lands nothing')
    .argument('<attempt>', 'id of the attempt or of its change, or part of it')
    .option('-m, --comment <text>', 'why')
    .action(
      action<[string], Options>(runtime, async ({ client, out, signal }, { comment }, text) => {
        const heddle = await client();
        const id = await attemptOf(heddle, await locate(heddle, ['attempt', 'change'], text));
        const { taskId } = await heddle.attempts.getById(id, { signal });
        const ranking = await heddle.tasks.select(taskId, { attemptId: id, comment }, { signal });
        const rank = ranking.selection?.rank ?? 0;
        if (out.json) out.document(ranking);
        else out.line(`selected ${shortId(id)}  ${rank === 0 ? 'not ranked' : `rank ${String(rank)}`}`);
        out.note(`Approve and land it: heddle approve ${shortId(id)}, heddle land ${shortId(id)}`);
        return EXIT.ok;
      }),
    );
}
