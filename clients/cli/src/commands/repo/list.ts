import { take } from '@heddle/sdk';
import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { repositoryTable } from '../../views/repository-view.js';

export function repoList(runtime: Runtime): Command {
  return leaf('ls', 'list the registered repositories').action(
    action<[], JsonOption>(runtime, async ({ client, out, signal, now }) => {
      const repositories = await take((await client()).repositories.listAll({}, { signal, pageSize: 200 }));
      if (out.json) out.document({ repositories });
      else out.lines(repositoryTable(repositories, { style: out.style, columns: out.columns, now: now() }));
      return EXIT.ok;
    }),
  );
}
