import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { oneLine } from '../../output/neutralise.js';
import { resolveEnvironment } from '../../resolve/resolve-environment.js';

export function environmentResetCache(runtime: Runtime): Command {
  return leaf('reset-cache', 'use no set-up layer again that was made so far')
    .argument('<environment>', 'name or id')
    .action(
      action<[string], JsonOption>(runtime, async ({ client, out, signal }, _options, text) => {
        const heddle = await client();
        const { id } = await resolveEnvironment(heddle, text);
        const environment = await heddle.environments.resetCache(id, { signal });
        if (out.json) out.document(environment);
        else out.line(`The next sandbox of ${oneLine(environment.name)} runs its set-up anew.`);
        return EXIT.ok;
      }),
    );
}
