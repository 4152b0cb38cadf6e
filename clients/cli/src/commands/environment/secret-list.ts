import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { resolveEnvironment } from '../../resolve/resolve-environment.js';
import { secretTable } from '../../views/environment-view.js';

interface Options extends JsonOption {
  readonly environment: string;
}

export function secretList(runtime: Runtime): Command {
  return leaf('ls', 'list the secrets of an environment; nobody is shown a value')
    .requiredOption('-e, --environment <environment>', 'name or id')
    .action(
      action<[], Options>(runtime, async ({ client, out, signal, now }, options) => {
        const heddle = await client();
        const { id, name } = await resolveEnvironment(heddle, options.environment);
        const secrets = await heddle.environments.listSecrets(id, { signal });
        if (out.json) out.document({ secrets });
        else out.lines(secretTable(secrets, name, { style: out.style, columns: out.columns, now: now() }));
        return EXIT.ok;
      }),
    );
}
