import { join } from 'node:path';
import {
  dropQuarantines,
  ensureBareStore,
  formatOf,
  gitLine,
  listRefs,
  lookUp,
  takePack,
  updateRefs,
} from '@heddle/git';
import type { GitStore } from '../service-clients/git-store.js';

const BASES = 'refs/heddle/bases/';

export interface MirroredCommit {
  readonly gitDir: string;
  /** Nothing is in the mirror that this commit's history does not have. */
  readonly isWholeMirror: boolean;
}

/** This host's copy of each repository's base histories, fed by review. Nothing that an agent made ever gets in here. */
export class MirrorStore {
  private readonly queues = new Map<string, Promise<unknown>>();

  constructor(
    private readonly directory: string,
    private readonly store: GitStore,
  ) {}

  /** The mirror, with the commit's whole history in it. Calls for one repository run one after the other. */
  async ensure(repositoryId: string, commit: string): Promise<MirroredCommit> {
    const before = this.queues.get(repositoryId) ?? Promise.resolve();
    const task = before.then(
      () => this.fetch(repositoryId, commit),
      () => this.fetch(repositoryId, commit),
    );
    this.queues.set(repositoryId, task);
    return task;
  }

  private async fetch(repositoryId: string, commit: string): Promise<MirroredCommit> {
    const gitDir = join(this.directory, `${repositoryId}.git`);
    await ensureBareStore(gitDir, formatOf(commit));
    const haves = (await listRefs(gitDir, BASES)).map((ref) => ref.id);
    if (!haves.includes(commit)) {
      await dropQuarantines(gitDir);
      const [known] = await lookUp({ gitDir }, [commit]);
      if (known === undefined)
        await takePack({ store: gitDir, pack: this.store.readPack(repositoryId, commit, haves), commit });
      await updateRefs(gitDir, [{ kind: 'create', ref: `${BASES}${commit}`, id: commit }]);
    }
    return { gitDir, isWholeMirror: await isAhead(gitDir, commit) };
  }
}

/** True where every other base of the mirror is the commit's ancestor. */
async function isAhead(gitDir: string, commit: string): Promise<boolean> {
  const other = await gitLine(['for-each-ref', '--count=1', `--no-merged=${commit}`, BASES], { gitDir });
  return other === '';
}
