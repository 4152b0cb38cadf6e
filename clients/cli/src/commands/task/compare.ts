import { take } from '@heddle/sdk';
import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { taskOf } from '../../resolve/resolve-task.js';
import { compareChanges, type CompareOptions } from '../change/compare.js';
import { comparison } from '../../views/comparison-view.js';

type Options = CompareOptions & JsonOption;

export function taskCompare(runtime: Runtime): Command {
  return leaf('compare', 'set the attempts at a task side by side, or two changes file by file and line by line')
    .argument('<task>', 'id of the task or of its attempt, or part of it; with another: a change, or who made it')
    .argument('[other]', 'the change to compare it with, or the attempt or task that made it')
    .option('--file <path>', 'of two changes, only this file')
    .option('-w, --ignore-whitespace', 'of two changes, leave out what differs by white space only')
    .action(
      action<[string, string | undefined], Options>(runtime, async (session, options, text, other) => {
        if (other !== undefined) return compareChanges(session, [text, other], options);
        const { client, out, signal, now } = session;
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
