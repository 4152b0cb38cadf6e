import { access, constants } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { HeddleError } from '@heddle/domain';
import type { ObjectFormat } from '../names/object-id.js';
import { GitError } from '../process/git-error.js';
import { runGit, type RunGitOptions } from '../process/run-git.js';

/** What a repository of this host says of itself. */
export interface PathFacts {
  readonly gitDir: string;
  /** Differs from `gitDir` in a linked work tree. */
  readonly commonDir: string;
  readonly bare: boolean;
  readonly shallow: boolean;
  readonly partial: boolean;
  readonly format: ObjectFormat;
  /** Hooks that could refuse a push, by name. */
  readonly gatingHooks: readonly string[];
}

const GATING_HOOKS = ['pre-receive', 'update', 'proc-receive', 'reference-transaction'];

/** Throws `REPOSITORY_NOT_A_REPOSITORY` or `REPOSITORY_UNREACHABLE`. */
export async function readPathFacts(path: string, asOwner: RunGitOptions): Promise<PathFacts> {
  try {
    const reading = localSettings(asOwner);
    // Where there is no repository both fail, and only the other one says so.
    reading.catch(() => undefined);
    const { stdout } = await runGit(
      [
        'rev-parse',
        '--git-dir',
        '--git-common-dir',
        '--is-bare-repository',
        '--is-shallow-repository',
        '--show-object-format',
      ],
      asOwner,
    );
    const settings = await reading;
    const [gitDir = '', commonDir = '', bare, shallow, format] = stdout.toString('utf8').trimEnd().split('\n');
    const common = resolve(path, commonDir);
    return {
      gitDir: resolve(path, gitDir),
      commonDir: common,
      bare: bare === 'true',
      shallow: shallow === 'true',
      partial: [...settings.keys()].some((key) => key !== 'core.hookspath'),
      format: format === 'sha256' ? 'sha256' : 'sha1',
      gatingHooks: await executableHooks(resolve(common, settings.get('core.hookspath') ?? 'hooks')),
    };
  } catch (error) {
    if (GitError.is(error) && error.kind === 'exit' && /not a git repository/i.test(error.stderr)) {
      throw new HeddleError('REPOSITORY_NOT_A_REPOSITORY', `${path} is not a git repository.`, {
        metadata: { path },
        cause: error,
      });
    }
    throw new HeddleError('REPOSITORY_UNREACHABLE', `The repository at ${path} cannot be read as its owner.`, {
      metadata: { path },
      cause: error,
    });
  }
}

/** The repository's own words, which the hardened environment otherwise outranks. */
async function localSettings(asOwner: RunGitOptions): Promise<Map<string, string>> {
  const { stdout } = await runGit(
    [
      'config',
      '--local',
      '-z',
      '--get-regexp',
      '^(remote\\..*\\.promisor|extensions\\.partialclone|core\\.hookspath)$',
    ],
    { ...asOwner, okCodes: [0, 1] },
  );
  const rows = stdout
    .toString('utf8')
    .split('\0')
    .filter((row) => row !== '');
  return new Map(rows.map((row) => [row.slice(0, row.indexOf('\n')), row.slice(row.indexOf('\n') + 1)]));
}

async function executableHooks(directory: string): Promise<string[]> {
  const found = await Promise.all(
    GATING_HOOKS.map(async (name) => {
      try {
        await access(join(directory, name), constants.X_OK);
        return name;
      } catch {
        return undefined;
      }
    }),
  );
  return found.filter((name) => name !== undefined);
}
