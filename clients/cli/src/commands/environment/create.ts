import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { parseEnvironmentFile } from '../../input/environment-file.js';
import { readInput } from '../../input/read-input.js';
import { environmentDetails } from '../../views/environment-view.js';

interface Options extends JsonOption {
  readonly file: string;
  readonly name?: string;
}

export function environmentCreate(runtime: Runtime): Command {
  return leaf('create', 'make an environment of a file')
    .requiredOption('-f, --file <file>', 'YAML or JSON: the body of POST /v1/environments; - for standard input')
    .option('--name <name>', 'name to call it by, in place of what the file says')
    .action(
      action<[], Options>(runtime, async (session, options) => {
        const { client, out, signal, now } = session;
        const file = parseEnvironmentFile(await readInput(session, options.file), options.file);
        const input = options.name === undefined ? file : { ...file, name: options.name };
        const environment = await (await client()).environments.create(input, { signal });
        if (out.json) out.document(environment);
        else out.lines(environmentDetails(environment, { style: out.style, columns: out.columns, now: now() }));
        out.note(
          `Work in it: heddle run --environment ${environment.name}, or environmentId: ${environment.name} in a batch file`,
        );
        return EXIT.ok;
      }),
    );
}
