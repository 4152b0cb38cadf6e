import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { goBuildCopy, SetupError, ToolCache, type FindContext, type PinnedModule } from '@heddle/local/servers';

/** The newest release whose source still has its pages' parts in it; what the API does is the same. */
const GITEA_MODULE: PinnedModule = {
  version: '1.23.8',
  module: 'code.gitea.io/gitea@v1.23.8',
  goVersion: '1.23.8',
};

const FILE = 'gitea';
/** What the program reads when it runs: it is built without them inside. */
const FOLDERS = ['templates', 'options', 'public'] as const;

export interface GiteaProgram {
  readonly path: string;
  /** Holds the folders that it reads. */
  readonly home: string;
}

/** As HEDDLE_TEST_GITEA: have it built by Go. That takes many minutes, and so is not done unasked as with other servers. */
const BUILD = 'build';

/**
 * A Gitea server for tests: that of HEDDLE_TEST_GITEA (a directory with the program `gitea` and its folders), or the one in
 * the cache, which HEDDLE_TEST_GITEA=build puts there.
 * @throws {SetupError} SERVER_NOT_FOUND
 */
export async function findGitea({ env, cacheDirectory, say }: FindContext): Promise<GiteaProgram> {
  const { HEDDLE_TEST_GITEA: wanted = '' } = env;
  if (wanted !== '' && wanted !== BUILD) return programIn(wanted);
  const cache = new ToolCache(cacheDirectory, say);
  const entry = `gitea-${GITEA_MODULE.version}-${process.platform}-${process.arch}`;
  const known = cache.find(entry, FILE);
  if (known === undefined && wanted !== BUILD) throw notFound('none was built yet, and HEDDLE_TEST_GITEA is not set');
  try {
    const path = await cache.obtain(entry, FILE, (directory) =>
      goBuildCopy(GITEA_MODULE, { directory, file: FILE, folders: FOLDERS }, env, say),
    );
    return { path, home: dirname(path) };
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    throw notFound(error.message.split('\n')[0] ?? '');
  }
}

function programIn(directory: string): GiteaProgram {
  for (const name of [FILE, ...FOLDERS])
    if (!existsSync(join(directory, name))) throw notFound(`HEDDLE_TEST_GITEA has no ${name}`);
  return { path: join(directory, FILE), home: directory };
}

function notFound(why: string): SetupError {
  return new SetupError('SERVER_NOT_FOUND', `Gitea is missing: ${why}`, [
    `set HEDDLE_TEST_GITEA=${BUILD} to have it built once, with Go ${GITEA_MODULE.goVersion} or newer and a module proxy that answers (GOPROXY): many minutes`,
    'set HEDDLE_TEST_GITEA to a directory with a gitea program and its templates, options and public',
  ]);
}
