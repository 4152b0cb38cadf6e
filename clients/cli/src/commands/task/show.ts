import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { taskOf } from '../../resolve/resolve-task.js';
import { taskDetails } from '../../views/task-view.js';

export function taskShow(runtime: Runtime): Command {
  return leaf('show', 'show a task with its prompt and its attempts')
    .argument('<task>', 'id of the task or of its attempt, or part of it')
    .action(
      action<[string], JsonOption>(runtime, async ({ client, out, signal, now }, _options, text) => {
        const heddle = await client();
        const task = await heddle.tasks.getById(await taskOf(heddle, text, signal), { signal });
        if (out.json) out.document(task);
        else out.lines(taskDetails(task, { style: out.style, columns: out.columns, now: now() }));
        return EXIT.ok;
      }),
    );
}
