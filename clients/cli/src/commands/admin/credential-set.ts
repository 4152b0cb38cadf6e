import type { Credential } from '@heddle/sdk';
import type { Command } from 'commander';
import { usageError } from '../../cli.error.js';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { readValue } from '../../input/read-value.js';
import { resolveCredential } from '../../resolve/resolve-credential.js';
import type { Session } from '../../session.js';
import { credentialDetails } from '../../views/credential-view.js';

interface Options extends JsonOption {
  readonly kind?: 'MODEL' | 'GIT';
  readonly provider?: string;
  readonly baseUrl?: string;
  readonly fromFile?: string;
  readonly atOnce?: string;
  readonly name?: string;
}

const FILE = [
  '--from-file <file>',
  'file that holds the value, - for standard input; one line break at its end is dropped',
] as const;

const MODELS = 'OPENAI, ANTHROPIC, GEMINI or OPENAI_COMPATIBLE';
const FORGES = 'GITHUB, GITLAB or GITEA';

function parseKind(value: string): 'MODEL' | 'GIT' {
  const kind = value.toUpperCase();
  if (kind !== 'MODEL' && kind !== 'GIT')
    throw usageError(`Not a kind of credential: ${JSON.stringify(value)}; there are model, git`);
  return kind;
}

/** The value never is an argument. */
export function credentialCreate(runtime: Runtime): Command {
  return withScope(
    leaf(
      'create',
      "make a credential for agents' models or for git remotes; its value comes from standard input or a file, never as an argument",
    )
      .argument('<name>', 'by which tasks or repositories name it')
      .option('--kind <kind>', 'model, or git for a forge: its remotes and its pull requests', parseKind, 'MODEL')
      .requiredOption('--provider <provider>', `${MODELS}; of git ${FORGES}`)
      .option(...FILE, '-'),
  ).action(
    action<[string], Options>(runtime, async (session, options, name) => {
      const value = await readValue(session, options.fromFile ?? '-');
      const { kind = 'MODEL', provider = '' } = options;
      const input = { name, kind, provider, value, ...scopeOf(options) } as const;
      const made = await (await session.client()).credentials.create(input, { signal: session.signal });
      show(session, made);
      session.out.note(
        kind === 'GIT'
          ? `Repositories use it: heddle repo add URL --credential ${made.name}`
          : `Agents use it: heddle run --agent KIND --credential ${made.name}, or credentialId: ${made.name} in a batch file`,
      );
      return EXIT.ok;
    }),
  );
}

export function credentialUpdate(runtime: Runtime): Command {
  return withScope(
    leaf(
      'update',
      'change a credential; a new value comes from a file or standard input, and goes with every new address',
    )
      .argument('<credential>', 'name or id')
      .option('--name <name>', 'what tasks name it by from now on; those that are there keep it')
      .option('--provider <provider>', `${MODELS}; of git ${FORGES}`)
      .option(...FILE),
  ).action(
    action<[string], Options>(runtime, async (session, options, text) => {
      const { name, provider, fromFile } = options;
      const value = fromFile === undefined ? undefined : await readValue(session, fromFile);
      const changes = {
        ...(name === undefined ? {} : { name }),
        ...(provider === undefined ? {} : { provider }),
        ...(value === undefined ? {} : { value }),
        ...scopeOf(options),
      };
      if (Object.keys(changes).length === 0) throw usageError('Say what is to change, for example --at-once 4');
      const heddle = await session.client();
      const { id, etag } = await resolveCredential(heddle, text);
      show(session, await heddle.credentials.update(id, { ...changes, etag }, { signal: session.signal }));
      session.out.note('Attempts that begin from now on use it as it is now.');
      return EXIT.ok;
    }),
  );
}

function withScope(command: Command): Command {
  return command
    .option('--base-url <url>', "where the model or the forge is, by default the provider's public address")
    .option('--at-once <attempts>', 'how many attempts may use it at once, 0 for any number');
}

function scopeOf({ baseUrl, atOnce }: Options): { baseUrl?: string; maxConcurrentAttempts?: number } {
  if (atOnce !== undefined && !/^\d{1,6}$/.test(atOnce)) throw usageError('--at-once takes a number');
  return {
    ...(baseUrl === undefined ? {} : { baseUrl }),
    ...(atOnce === undefined ? {} : { maxConcurrentAttempts: Number(atOnce) }),
  };
}

function show({ out, now }: Session, credential: Credential): void {
  if (out.json) out.document(credential);
  else out.lines(credentialDetails(credential, { style: out.style, columns: out.columns, now: now() }));
}
