import { execFile } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { CheckpointHeader, StoreCheckpointRequest } from '@heddle/contracts/internal';
import { CheckpointHeader as Header } from '@heddle/contracts/internal';
import { commitTree, createPack, hashBytes, layOut, runGit, treeOf, writeTree, type TreeEdit } from '@heddle/git';
import { newId } from '@heddle/platform/ids';
import type { ReviewFixture } from './review-fixture.js';

const exec = promisify(execFile);

export interface SampleChange {
  readonly attemptId: string;
  readonly taskId: string;
  readonly changeId: string;
  readonly treeId: string;
  readonly commit: string;
}

export type Edits = Readonly<Record<string, string | null>>;

interface SampleProjectOptions {
  readonly bare?: boolean;
  /** Brings what is at `path` to where it is registered from. */
  readonly publish?: (path: string) => Promise<{ readonly url: string; readonly credentialId: string }>;
}

/** A repository of the host as its owner has it, and what runners would capture of work on it. */
export class SampleProject {
  readonly batchId = newId();
  base = '';

  private constructor(
    readonly fixture: ReviewFixture,
    readonly path: string,
    readonly repositoryId: string,
  ) {}

  static async create(
    fixture: ReviewFixture,
    path: string,
    files: Edits,
    options: SampleProjectOptions = {},
  ): Promise<SampleProject> {
    const work = options.bare === false ? path : `${path}.work`;
    await mkdir(work, { recursive: true });
    await chmod(dirname(path), 0o755);
    const project = new SampleProject(fixture, path, newId());
    await project.git(work, 'init', '-q', '-b', 'trunk');
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(work, name)), { recursive: true });
      await writeFile(join(work, name), text ?? '');
    }
    await project.git(work, 'add', '.');
    await project.git(work, 'commit', '-qm', 'start');
    if (options.bare !== false) await project.git('/', 'clone', '-q', '--bare', work, path);
    const { url, credentialId } = (await options.publish?.(path)) ?? { url: path, credentialId: '' };
    await fixture.clients.store.syncRepository({ repositoryId: project.repositoryId, url, credentialId });
    project.base = (await fixture.clients.store.resolveCommit({ repositoryId: project.repositoryId, ref: '' })).commit;
    return project;
  }

  async git(cwd: string, ...args: string[]): Promise<string> {
    return (
      await exec('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', '-c', 'safe.directory=*', ...args], { cwd })
    ).stdout.trim();
  }

  tip(branch = 'trunk'): Promise<string> {
    return this.git(this.path, 'rev-parse', `refs/heads/${branch}`);
  }

  /** Somebody commits to the branch without Heddle. */
  async commitBehindOurBack(edits: Edits, branch = 'trunk'): Promise<string> {
    const parent = await this.tip(branch);
    const commit = await this.write(this.path, parent, edits, 'behind our back');
    await this.git(this.path, 'update-ref', `refs/heads/${branch}`, commit, parent);
    return commit;
  }

  /** What a runner does at a turn's end: a commit on the base and a thin pack to review. */
  async capture(edits: Edits, header: Partial<CheckpointHeader> = {}): Promise<SampleChange> {
    const scratch = `${this.path}.${newId()}`;
    await mkdir(scratch);
    await layOut(scratch, { format: 'sha1', alternates: [join(await this.objects(), 'objects')] });
    const commit =
      Object.keys(edits).length === 0 ? this.base : await this.write(scratch, this.base, edits, 'checkpoint');
    const treeId = await treeOf({ gitDir: scratch }, commit);
    const full = Header.fromPartial({
      repositoryId: this.repositoryId,
      attemptId: newId(),
      taskId: newId(),
      batchId: this.batchId,
      attemptNumber: 1,
      fence: '1',
      number: 1,
      turn: 1,
      baseCommit: this.base,
      commit,
      treeId,
      final: true,
      title: 'Sample task',
      sourceBranch: 'trunk',
      ...header,
    });
    const answer = await this.fixture.clients.store.storeCheckpoint(upload(scratch, full));
    return { attemptId: full.attemptId, taskId: full.taskId, changeId: answer.changeId, treeId, commit };
  }

  private async objects(): Promise<string> {
    return this.path.endsWith('.git') || !(await isWorkTree(this.path)) ? this.path : join(this.path, '.git');
  }

  private async write(repository: string, base: string, edits: Edits, message: string): Promise<string> {
    const gitDir = (await isWorkTree(repository)) ? join(repository, '.git') : repository;
    const list: TreeEdit[] = [];
    for (const [name, text] of Object.entries(edits)) {
      const path = Buffer.from(name, 'latin1');
      if (text === null) list.push({ kind: 'removeAll', path });
      else list.push({ kind: 'put', path, mode: '100644', id: await hashBytes({ gitDir }, Buffer.from(text)) });
    }
    const tree = await writeTree({ gitDir, base, edits: list });
    return commitTree({ gitDir, tree, parents: [base], message, date: new Date(1_700_000_000_000) });
  }
}

async function isWorkTree(path: string): Promise<boolean> {
  const { stdout } = await runGit(['rev-parse', '--is-bare-repository'], {
    cwd: path,
    config: [['safe.directory', '*']],
  }).catch(() => ({ stdout: Buffer.from('true') }));
  return stdout.toString().trim() === 'false';
}

export async function* upload(gitDir: string, header: CheckpointHeader): AsyncGenerator<StoreCheckpointRequest> {
  yield { header };
  if (header.commit === header.baseCommit) return;
  const { stream, done } = await createPack({ gitDir, wants: [header.commit], haves: [header.baseCommit] });
  for await (const pack of stream as AsyncIterable<Buffer>) yield { pack };
  await done;
}
