import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { boxPaths, type BoxPaths } from '../workspace/box-paths.js';
import { removeTree } from '../workspace/remove-tree.js';
import { errnoOf } from '../sandbox-error.js';
import { Journal } from './journal.js';
import { syncBehind } from './sync-behind.js';

/** In every `spec.json`: what carries it is Heddle's and may be swept; what does not is never touched. */
const MARK = 'heddle-sandbox';

/** Before the name of a directory whose removal has begun. */
const DOOMED = '.removing-';

/** The directory of one sandbox: `spec.json`, `state`, `spool/`, and one directory per box. */
export class SandboxDirectory {
  readonly journal: Journal;

  constructor(readonly path: string) {
    this.journal = new Journal(join(path, 'state'));
  }

  get spool(): string {
    return join(this.path, 'spool');
  }

  box(name: string): BoxPaths {
    return boxPaths(join(this.path, name));
  }

  /** Makes the directory with its specification, all or nothing: `spec.json` appears last. */
  async create(specification: unknown): Promise<void> {
    await mkdir(this.path, { recursive: true, mode: 0o711 });
    await mkdir(this.spool, { recursive: true, mode: 0o700 });
    const target = join(this.path, 'spec.json');
    await writeFile(`${target}.new`, JSON.stringify({ mark: MARK, specification }), { mode: 0o600 });
    await rename(`${target}.new`, target);
    void syncBehind(target);
  }

  /** The specification as it was given; undefined if this is no sandbox (or one whose making never ended). */
  async specification(): Promise<unknown> {
    try {
      const text = await readFile(join(this.path, 'spec.json'), 'utf8');
      // The host lost its power right after the making: nothing has happened here yet.
      if (text === '') return undefined;
      const content = JSON.parse(text) as { mark?: unknown; specification?: unknown };
      return content.mark === MARK ? content.specification : undefined;
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Gone at once for everyone who looks, however long the removal takes. */
  async remove(): Promise<void> {
    await removeTree(await this.doom());
  }

  /** Takes it out of everyone's sight; what is left to remove is at the answer. */
  async doom(): Promise<string> {
    const doomed = join(dirname(this.path), `${DOOMED}${basename(this.path)}`);
    try {
      await rename(this.path, doomed);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
    return doomed;
  }
}

/** Directories whose removal a crash cut off. */
export async function listDoomed(parent: string): Promise<string[]> {
  return (await readdir(parent)).filter((name) => name.startsWith(DOOMED)).map((name) => join(parent, name));
}

/** All directories below the runner's `sandboxes/`, finished or not. */
export async function listSandboxDirectories(parent: string): Promise<SandboxDirectory[]> {
  const entries = await readdir(parent, { withFileTypes: true }).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  });
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith(DOOMED))
    .map((entry) => new SandboxDirectory(join(parent, entry.name)));
}
