import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { parseEnvironmentFile } from '../../input/environment-file.js';
import { readInput } from '../../input/read-input.js';
import { resolveEnvironment } from '../../resolve/resolve-environment.js';
import { environmentDetails } from '../../views/environment-view.js';

interface Options extends JsonOption {
  readonly file: string;
}

export function environmentUpdate(runtime: Runtime): Command {
  return leaf('update', 'make a new version of an environment; each field of the file is replaced as a whole')
    .argument('<environment>', 'name or id')
    .requiredOption('-f, --file <file>', 'YAML or JSON, for example what show --json printed; - for standard input')
    .action(
      action<[string], Options>(runtime, async (session, { file }, text) => {
        const { client, out, signal, now } = session;
        const input = parseEnvironmentFile(await readInput(session, file), file);
        const heddle = await client();
        const { id } = await resolveEnvironment(heddle, text);
        const environment = await heddle.environments.update(id, input, { signal });
        if (out.json) out.document(environment);
        else out.lines(environmentDetails(environment, { style: out.style, columns: out.columns, now: now() }));
        out.note(`Batches from now on start in version ${String(environment.version)}; those that run keep theirs.`);
        return EXIT.ok;
      }),
    );
}
