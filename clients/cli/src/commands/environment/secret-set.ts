import type { SetEnvironmentSecretInput } from '@heddle/sdk';
import { Option, type Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { readValue } from '../../input/read-value.js';
import { resolveEnvironment } from '../../resolve/resolve-environment.js';
import { secretTable } from '../../views/environment-view.js';

interface Options extends JsonOption {
  readonly environment: string;
  readonly kind: 'setup' | 'egress';
  readonly fromFile: string;
  readonly host?: string[];
  readonly method?: string[];
  readonly pathPrefix?: string;
  readonly header?: string;
  readonly format?: string;
}

/** The value never is an argument: the list of processes and the shell's history would have it. */
export function secretSet(runtime: Runtime): Command {
  return leaf('set', 'set a secret, or replace it; its value comes from standard input or a file, never as an argument')
    .argument('<name>', 'kind setup: the variable that the set-up script finds it in')
    .requiredOption('-e, --environment <environment>', 'name or id')
    .addOption(
      new Option('--kind <kind>', 'setup: a variable of the set-up script; egress: put on requests by the platform')
        .choices(['setup', 'egress'])
        .default('setup'),
    )
    .option('--from-file <file>', 'file that holds the value; one line break at its end is dropped', '-')
    .option('--host <host...>', 'kind egress: where it may be sent, a name or *. and a name')
    .option('--method <method...>', 'kind egress: with these methods only')
    .option('--path-prefix <path>', 'kind egress: below this path only')
    .option('--header <name>', 'kind egress: the header that carries it, by default Authorization')
    .option('--format <format>', 'kind egress: what the header says, for example "Bearer {value}"')
    .action(
      action<[string], Options>(runtime, async (session, options, name) => {
        const { client, out, signal, now } = session;
        const value = await readValue(session, options.fromFile);
        const heddle = await client();
        const environment = await resolveEnvironment(heddle, options.environment);
        const secret = await heddle.environments.setSecret(environment.id, name, inputOf(options, value), { signal });
        const view = { style: out.style, columns: out.columns, now: now() };
        if (out.json) out.document(secret);
        else out.lines(secretTable([secret], environment.name, view));
        out.note(
          secret.kind === 'SETUP'
            ? 'The next set-up has it. Layers that are there stay: heddle environment reset-cache makes them anew.'
            : "It is put on requests of agents that start from now on; the environment's network must allow them too.",
        );
        return EXIT.ok;
      }),
    );
}

function inputOf(options: Options, value: string): SetEnvironmentSecretInput {
  return {
    kind: options.kind === 'setup' ? 'SETUP' : 'EGRESS',
    value,
    ...(options.host === undefined ? {} : { hosts: options.host }),
    ...(options.method === undefined ? {} : { methods: options.method }),
    ...(options.pathPrefix === undefined ? {} : { pathPrefix: options.pathPrefix }),
    ...(options.header === undefined ? {} : { header: options.header }),
    ...(options.format === undefined ? {} : { format: options.format }),
  };
}
