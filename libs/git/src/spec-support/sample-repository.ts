import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commitTree } from '../commits/commit-tree.js';
import { runGit } from '../process/run-git.js';
import { updateRefs } from '../refs/update-refs.js';
import { ensureBareStore } from '../store/git-directory.js';
import { hashBytes } from '../trees/hash-blobs.js';
import { writeTree, type TreeEdit } from '../trees/write-tree.js';
import { emptyTree } from '../names/object-id.js';

/** A file of a sample commit: text, or `null` to remove it. */
export interface SampleFile {
  readonly text: string | Buffer;
  readonly mode?: '100644' | '100755' | '120000';
}
export type SampleFiles = readonly (readonly [path: string | Buffer, file: SampleFile | string | null])[];

/** A bare repository in a directory of its own, written by plumbing alone. */
export class SampleRepository {
  private constructor(
    readonly root: string,
    readonly gitDir: string,
  ) {}

  static async create(): Promise<SampleRepository> {
    const root = await mkdtemp(join(tmpdir(), 'heddle-git-spec-'));
    const gitDir = join(root, 'store.git');
    await ensureBareStore(gitDir, 'sha1');
    return new SampleRepository(root, gitDir);
  }

  /** The same helper over a store that exists. */
  static at(gitDir: string): SampleRepository {
    return new SampleRepository(gitDir, gitDir);
  }

  async dispose(): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }

  /** Commits the first parent's tree with the given files changed. */
  async commit(parents: readonly string[], files: SampleFiles, message = 'sample'): Promise<string> {
    const edits: TreeEdit[] = [];
    for (const [name, file] of files) {
      const path = Buffer.from(name);
      if (file === null) edits.push({ kind: 'removeAll', path });
      else {
        const { text, mode = '100644' } = typeof file === 'string' ? { text: file } : file;
        edits.push({ kind: 'put', path, mode, id: await hashBytes({ gitDir: this.gitDir }, Buffer.from(text)) });
      }
    }
    const [base = await this.storedEmptyTree()] = parents;
    const tree = await writeTree({ gitDir: this.gitDir, base, edits });
    return commitTree({ gitDir: this.gitDir, tree, parents, message, date: new Date(1_700_000_000_000) });
  }

  async branch(name: string, commit: string): Promise<void> {
    await updateRefs(this.gitDir, [{ kind: 'create', ref: `refs/heads/${name}`, id: commit }]);
  }

  async show(commit: string, path: string): Promise<string> {
    return (await runGit(['cat-file', 'blob', `${commit}:${path}`], { gitDir: this.gitDir })).stdout.toString('utf8');
  }

  private async storedEmptyTree(): Promise<string> {
    await runGit(['hash-object', '-t', 'tree', '-w', '--stdin'], { gitDir: this.gitDir, input: '' });
    return emptyTree('sha1');
  }
}
