import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { git, gitWithInput } from './git.js';

/** Path → content; null removes the file. */
export type Files = Readonly<Record<string, string | null>>;

/** What git itself makes of edits on top of a commit: what a change has to be equal to. */
export interface ExpectedTree {
  readonly treeId: string;
  /** `git diff --binary` with full object ids. */
  readonly patch: string;
}

/** A bare repository on this host. */
export class SampleRepository {
  constructor(
    readonly path: string,
    readonly branch: string,
  ) {}

  /** Makes it with one commit of `files` on `branch`. @param parent made where it is missing */
  static async make(parent: string, files: Files, branch = 'main'): Promise<SampleRepository> {
    await mkdir(parent, { recursive: true });
    const path = `${await mkdtemp(join(parent, 'repository-'))}/origin.git`;
    await git(parent, 'init', '--quiet', '--bare', `--initial-branch=${branch}`, path);
    const repository = new SampleRepository(path, branch);
    if (Object.keys(files).length > 0) await repository.commit(files, 'First state');
    return repository;
  }

  /** Adds a commit to the branch, as somebody beside the platform would. @returns its id */
  async commit(files: Files, message: string): Promise<string> {
    return this.inClone(async (clone) => {
      await write(clone, files);
      await git(clone, 'add', '--all');
      await git(clone, 'commit', '--quiet', '--allow-empty', `--message=${message}`);
      await git(clone, 'push', '--quiet', 'origin', `HEAD:refs/heads/${this.branch}`);
      return (await git(clone, 'rev-parse', 'HEAD')).trim();
    });
  }

  async head(ref = this.branch): Promise<string> {
    return (await git(this.path, 'rev-parse', '--verify', ref)).trim();
  }

  /** The commits of a branch without `not`, newest first. */
  async commits(ref: string, not: string): Promise<string[]> {
    return lines(await git(this.path, 'rev-list', ref, `^${not}`));
  }

  async file(ref: string, path: string): Promise<string> {
    return git(this.path, 'show', `${ref}:${path}`);
  }

  async paths(ref: string): Promise<string[]> {
    return lines(await git(this.path, 'ls-tree', '-r', '--name-only', ref));
  }

  /** Values of a trailer of all commits of a branch without `not`, newest first. */
  async trailers(key: string, ref: string, not: string): Promise<string[]> {
    const format = `--format=%(trailers:key=${key},valueonly,separator=%x0a)`;
    return lines(await git(this.path, 'log', format, ref, `^${not}`));
  }

  /** What git makes of `files` on top of `base`. */
  async expected(base: string, files: Files): Promise<ExpectedTree> {
    return this.inClone(async (clone) => {
      await git(clone, 'checkout', '--quiet', '--detach', base);
      await write(clone, files);
      await git(clone, 'add', '--all');
      return {
        treeId: (await git(clone, 'write-tree')).trim(),
        patch: await git(clone, 'diff', '--cached', '--binary', '--full-index', base),
      };
    });
  }

  /** The tree that comes of a patch on top of `base`. */
  async applied(base: string, patch: string | Uint8Array): Promise<string> {
    return this.inClone(async (clone) => {
      await git(clone, 'checkout', '--quiet', '--detach', base);
      await gitWithInput(clone, patch, 'apply', '--binary', '--index', '--whitespace=nowarn');
      return (await git(clone, 'write-tree')).trim();
    });
  }

  private async inClone<T>(work: (clone: string) => Promise<T>): Promise<T> {
    const clone = await mkdtemp(join(dirname(this.path), 'clone-'));
    try {
      await git(clone, 'clone', '--quiet', '--shared', this.path, '.');
      return await work(clone);
    } finally {
      await rm(clone, { recursive: true, force: true });
    }
  }
}

async function write(directory: string, files: Files): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    const at = join(directory, path);
    await mkdir(dirname(at), { recursive: true });
    if (content === null) await rm(at, { force: true });
    else await writeFile(at, content);
  }
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
