import { take } from '@heddle/sdk';
import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { runnerLines } from '../../views/runner-view.js';
import { drainRunner, undrainRunner } from './drain.js';

export function adminRunners(runtime: Runtime): Command {
  const what = 'list the hosts that take sandboxes: whether they do, what their boundary lacks';
  const listing = (name: string): Command =>
    leaf(name, what).action(
      action<[], JsonOption>(runtime, async ({ client, out, signal, now }) => {
        const runners = await take((await client()).runners.listAll({ signal, pageSize: 200 }));
        if (out.json) out.document({ runners });
        else out.lines(runnerLines(runners, { style: out.style, columns: out.columns, now: now() }));
        return EXIT.ok;
      }),
    );
  return listing('runners')
    .addCommand(listing('ls'))
    .addCommand(drainRunner(runtime))
    .addCommand(undrainRunner(runtime));
}
