import { take } from '@heddle/sdk';
import { Option, type Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { parseWholeNumber } from '../../input/number-option.js';
import { resolveBatch } from '../../resolve/resolve-batch.js';
import { resolveRepository } from '../../resolve/resolve-repository.js';
import { taskList as view } from '../../views/task-view.js';

interface Options extends JsonOption {
  readonly batch?: string;
  readonly repo?: string;
  readonly repository?: string;
  readonly limit: number;
}

export function taskList(runtime: Runtime): Command {
  return leaf('ls', 'list tasks, the newest first')
    .option('-b, --batch <id>', 'only those of this batch')
    .option('-r, --repo <name-or-id>', 'only those of this repository')
    .addOption(new Option('--repository <name-or-id>', 'the same').hideHelp())
    .option('-n, --limit <count>', 'at most so many', parseWholeNumber, 50)
    .action(
      action<[], Options>(runtime, async ({ client, out, signal, now }, { batch, repo, repository, limit }) => {
        const named = repo ?? repository;
        const heddle = await client();
        const filter = {
          batchId: batch === undefined ? undefined : await resolveBatch(heddle, batch),
          repositoryId: named === undefined ? undefined : await resolveRepository(heddle, named),
        };
        const tasks = await take(
          heddle.tasks.listAll(filter, { signal, pageSize: Math.min(200, Math.max(1, limit)) }),
          limit,
        );
        if (out.json) out.document({ tasks });
        else out.lines(view(tasks, { style: out.style, columns: out.columns, now: now() }));
        return EXIT.ok;
      }),
    );
}
