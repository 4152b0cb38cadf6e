import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { oneLine } from '../../output/neutralise.js';
import { resolveEnvironment } from '../../resolve/resolve-environment.js';

interface Options extends JsonOption {
  readonly environment: string;
}

export function secretDelete(runtime: Runtime): Command {
  return leaf('delete', 'remove a secret; sandboxes that run keep what they were given')
    .alias('remove')
    .argument('<name>')
    .requiredOption('-e, --environment <environment>', 'name or id')
    .action(
      action<[string], Options>(runtime, async ({ client, out, signal }, options, name) => {
        const heddle = await client();
        const environment = await resolveEnvironment(heddle, options.environment);
        await heddle.environments.deleteSecret(environment.id, name, { signal });
        if (out.json) out.document({});
        else out.line(`${oneLine(environment.name)} has no secret ${oneLine(name)} any more.`);
        return EXIT.ok;
      }),
    );
}
