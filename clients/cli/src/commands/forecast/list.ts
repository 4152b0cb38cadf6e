import { take } from '@heddle/sdk';
import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { resolveRepository } from '../../resolve/resolve-repository.js';
import { forecastTable } from '../../views/forecast-view.js';

interface Options extends JsonOption {
  readonly repo?: string;
}

const SHOWN = 50;

export function forecastList(runtime: Runtime): Command {
  return leaf('ls', 'the newest forecasts, and how right each was')
    .option('-r, --repo <name-or-id>', 'only those of this repository')
    .action(
      action<[], Options>(runtime, async ({ client, out, signal, now }, { repo }) => {
        const heddle = await client();
        const repositoryId = repo === undefined ? undefined : await resolveRepository(heddle, repo);
        const forecasts = await take(heddle.forecasts.listAll({ repositoryId }, { signal, pageSize: SHOWN }), SHOWN);
        if (out.json) out.document({ forecasts });
        else out.lines(forecastTable(forecasts, { style: out.style, columns: out.columns, now: now() }));
        return EXIT.ok;
      }),
    );
}
