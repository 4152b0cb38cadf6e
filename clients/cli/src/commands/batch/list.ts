import { take } from '@heddle/sdk';
import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { parseWholeNumber } from '../../input/number-option.js';
import { resolveRepository } from '../../resolve/resolve-repository.js';
import { batchList as view } from '../../views/batch-view.js';

interface Options extends JsonOption {
  readonly repo?: string;
  readonly limit: number;
}

export function batchList(runtime: Runtime): Command {
  return leaf('ls', 'list batches, the newest first')
    .option('-r, --repo <name-or-id>', 'only those of this repository')
    .option('-n, --limit <count>', 'at most so many', parseWholeNumber, 20)
    .action(
      action<[], Options>(runtime, async ({ client, out, signal, now }, { repo, limit }) => {
        const heddle = await client();
        const filter = repo === undefined ? {} : { repositoryId: await resolveRepository(heddle, repo) };
        const batches = await take(
          heddle.batches.listAll(filter, { signal, pageSize: Math.min(200, Math.max(1, limit)) }),
          limit,
        );
        if (out.json) out.document({ batches });
        else out.lines(view(batches, { style: out.style, columns: out.columns, now: now() }));
        return EXIT.ok;
      }),
    );
}
