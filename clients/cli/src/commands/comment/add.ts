import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { parseLineRange } from '../../input/line-range.js';
import { readInput } from '../../input/read-input.js';
import { usageError } from '../../cli.error.js';
import { resolveChange } from '../../resolve/resolve-change.js';
import { showThread } from './show-thread.js';

interface Options extends JsonOption {
  readonly file?: string;
  readonly line?: string;
  readonly old?: boolean;
}

export function commentAdd(runtime: Runtime): Command {
  return leaf('add', 'say something about a change, a file of it or some of its lines')
    .argument('<change>', 'change, or the attempt or task that made it')
    .argument('<text>', 'what to say; - for standard input')
    .option('--file <path>', 'about this file of the change')
    .option('--line <n[-m]>', 'about this line of the file, or these')
    .option('--old', 'lines of the file as it was before the change')
    .action(
      action<[string, string], Options>(runtime, async (session, options, name, words) => {
        const { file, line, old } = options;
        if (file === undefined && (line !== undefined || old === true))
          throw usageError('--line and --old need a --file');
        const lines = line === undefined ? {} : parseLineRange(line);
        const text = words === '-' ? await readInput(session, '-') : words;
        const heddle = await session.client();
        const { id, headCommit } = await heddle.changes.getById(await resolveChange(heddle, name), {
          signal: session.signal,
        });
        const anchor =
          file === undefined
            ? undefined
            : { path: file, headCommit, ...lines, ...(old === true && { side: 'OLD' as const }) };
        const comment = await heddle.comments.create(
          id,
          { text, ...(anchor !== undefined && { anchor }) },
          { signal: session.signal },
        );
        showThread(session, [comment]);
        return EXIT.ok;
      }),
    );
}
