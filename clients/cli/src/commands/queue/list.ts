import { take } from '@heddle/sdk';
import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { resolveRepository } from '../../resolve/resolve-repository.js';
import { queueTable } from '../../views/queue-view.js';

interface Options extends JsonOption {
  readonly repo?: string;
}

export function queueList(runtime: Runtime): Command {
  return leaf('ls', 'list landing queues')
    .option('-r, --repo <name-or-id>', 'only those of this repository')
    .action(
      action<[], Options>(runtime, async ({ client, out, signal, now }, { repo }) => {
        const heddle = await client();
        const repositoryId = repo === undefined ? undefined : await resolveRepository(heddle, repo);
        const queues = await take(heddle.landingQueues.listAll({ repositoryId }, { signal }));
        if (out.json) out.document({ queues });
        else out.lines(queueTable(queues, { style: out.style, columns: out.columns, now: now() }));
        return EXIT.ok;
      }),
    );
}
