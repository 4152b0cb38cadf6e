import { take } from '@heddle/sdk';
import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { environmentTable } from '../../views/environment-view.js';

export function environmentList(runtime: Runtime): Command {
  return leaf('ls', 'list the environments').action(
    action<[], JsonOption>(runtime, async ({ client, out, signal, now }) => {
      const environments = await take((await client()).environments.listAll({ signal, pageSize: 200 }));
      if (out.json) out.document({ environments });
      else out.lines(environmentTable(environments, { style: out.style, columns: out.columns, now: now() }));
      return EXIT.ok;
    }),
  );
}
