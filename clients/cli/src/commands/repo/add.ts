import { basename } from 'node:path';
import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { absoluteAddress } from '../../input/address.js';
import { repositoryTable } from '../../views/repository-view.js';

interface Options extends JsonOption {
  readonly name?: string;
  readonly credential?: string;
}

export function repoAdd(runtime: Runtime): Command {
  return leaf('add', 'register a git repository')
    .argument('<path-or-url>', 'a path of the server, or an https or ssh URL without a password')
    .option('--name <name>', 'name to call it by; by default the last part of the address')
    .option('--credential <name-or-id>', 'credential of kind git, for fetches, pushes and pull requests')
    .action(
      action<[string], Options>(runtime, async ({ client, out, signal, now }, options, address) => {
        const url = absoluteAddress(address);
        const repository = await (
          await client()
        ).repositories.create(
          {
            name: options.name ?? nameOf(url),
            url,
            ...(options.credential === undefined ? {} : { credentialId: options.credential }),
          },
          { signal, timeoutMs: 120_000 },
        );
        if (out.json) out.document(repository);
        else out.lines(repositoryTable([repository], { style: out.style, columns: out.columns, now: now() }));
        out.note(`Launch a task on it: heddle run --repo ${repository.name} --prompt TEXT -- COMMAND, or --agent KIND`);
        return EXIT.ok;
      }),
    );
}

/** Of the last part of its address, with dashes for what a name can't have. */
function nameOf(url: string): string {
  const last = basename(url.replace(/\/+$/, '').replace(/\.git$/, '')) || url;
  return last.replace(/[^A-Za-z0-9._-]+/g, '-');
}
