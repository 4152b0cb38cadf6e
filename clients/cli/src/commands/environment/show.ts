import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { parseWholeNumber } from '../../input/number-option.js';
import { resolveEnvironment } from '../../resolve/resolve-environment.js';
import { environmentDetails } from '../../views/environment-view.js';

interface Options extends JsonOption {
  readonly at?: number;
}

export function environmentShow(runtime: Runtime): Command {
  return leaf('show', 'show what an environment says')
    .argument('<environment>', 'name or id')
    .option('--at <version>', 'an earlier version of it', parseWholeNumber)
    .action(
      action<[string], Options>(runtime, async ({ client, out, signal, now }, { at }, text) => {
        const heddle = await client();
        const newest = await resolveEnvironment(heddle, text);
        const environment = at === undefined ? newest : await heddle.environments.getById(newest.id, at, { signal });
        if (out.json) out.document(environment);
        else out.lines(environmentDetails(environment, { style: out.style, columns: out.columns, now: now() }));
        return EXIT.ok;
      }),
    );
}
