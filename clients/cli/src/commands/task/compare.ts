import { take } from '@heddle/sdk';
import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { taskOf } from '../../resolve/resolve-task.js';
import { comparison } from '../../views/comparison-view.js';

export function taskCompare(runtime: Runtime): Command {
  return leaf('compare', 'set the attempts at a task side by side: checks, diff, time, tokens')
    .argument('<task>', 'id of the task or of its attempt, or part of it')
    .action(
      action<[string], JsonOption>(runtime, async ({ client, out, signal, now }, _options, text) => {
        const heddle = await client();
        const taskId = await taskOf(heddle, text, signal);
        const task = await heddle.tasks.getById(taskId, { signal });
        const changes = await take(heddle.changes.listAll({ taskId }, { signal, pageSize: 200 }));
        if (out.json) out.document({ task, changes });
        else out.lines(comparison(task, changes, { style: out.style, columns: out.columns, now: now() }));
        return EXIT.ok;
      }),
    );
}
