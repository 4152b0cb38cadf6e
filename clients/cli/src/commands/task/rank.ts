import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { taskOf } from '../../resolve/resolve-task.js';
import { rankingView } from '../../views/ranking-view.js';

export function taskRank(runtime: Runtime): Command {
  return leaf('rank', 'rank the attempts at a task by evidence, with reasons')
    .argument('<task>', 'id of the task or of its attempt, or part of it')
    .action(
      action<[string], JsonOption>(runtime, async ({ client, out, signal, now }, _options, text) => {
        const heddle = await client();
        const taskId = await taskOf(heddle, text, signal);
        const ranking = await heddle.tasks.ranking(taskId, { signal });
        if (out.json) out.document(ranking);
        else {
          const task = await heddle.tasks.getById(taskId, { signal });
          out.lines(rankingView(task, ranking, { style: out.style, columns: out.columns, now: now() }));
        }
        return EXIT.ok;
      }),
    );
}
