import { execFileSync } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { prepareIndex, runGit } from '@heddle/git';
import {
  boxPaths,
  createBoxDirectories,
  OverlayFileSystem,
  walkClone,
  walkUpper,
  type BoxPaths,
  type CapturedChanges,
  type Layer,
  type WalkCloneOptions,
} from '@heddle/sandbox';
import {
  captureTree,
  deltaLayer,
  type BaseCheckout,
  type CaptureBase,
  type CapturedTree,
} from '@heddle/sandbox-runner';
import { Random } from '../random.js';
import { Oracle } from './oracle.js';
import { randomSteps, SET_UP, TAME, type Step } from './steps.js';
import { treeOf } from './tree-of.js';
import { send, SUBMODULES, type World } from './world.js';

export interface CaptureCase {
  readonly seed: number;
  readonly base: number;
  /** Of each set-up layer, the first one lowest. */
  readonly setUps: readonly (readonly Step[])[];
  /** Of the commit between base and box; none of them: there is no such commit. */
  readonly delta: readonly Step[];
  readonly deltaOnTop: boolean;
  readonly steps: readonly Step[];
}

export interface CaseOutcome {
  /** Undefined where product and oracle agree. */
  readonly difference: string | undefined;
  /** What was done, for people. */
  readonly story: readonly string[];
}

const MAX_FILE_BYTES = 4 << 20;

export function caseOf(seed: number, bases: number): CaptureCase {
  const random = new Random(seed);
  const setUps = random.pick([0, 0, 1, 1, 2]);
  return {
    seed,
    base: random.below(bases),
    setUps: Array.from({ length: setUps }, (_, index) => [
      ...(index === 0 ? [{ kind: 'furnish', seed: 0 } as const] : []),
      ...randomSteps(random, 1 + random.below(6), SET_UP),
    ]),
    delta: random.chance(0.35) ? randomSteps(random, 1 + random.below(6), TAME) : [],
    deltaOnTop: random.chance(0.5),
    steps: randomSteps(random, 1 + random.below(20)),
  };
}

/** Plays a case on real overlays, and compares the captured tree with the oracle's. */
export async function runCase(world: World, of: CaptureCase): Promise<CaseOutcome> {
  const directory = join(world.directory, 'cases', String(of.seed));
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true, mode: 0o755 });
  const play = new Play(world, of, directory);
  try {
    return { difference: await play.run(), story: play.story };
  } catch (error) {
    // A capture that fails is one that keeps nothing.
    return { difference: error instanceof Error ? (error.stack ?? error.message) : String(error), story: play.story };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

interface Below {
  readonly layers: readonly { readonly layer: Layer; readonly tracked: boolean }[];
  readonly base: CaptureBase;
  readonly submodules: readonly string[];
}

class Play {
  readonly story: string[] = [];
  private readonly overlay = new OverlayFileSystem();
  private readonly checkout: BaseCheckout;

  constructor(
    private readonly world: World,
    private readonly of: CaptureCase,
    private readonly directory: string,
  ) {
    const base = world.bases[of.base];
    if (base === undefined) throw new RangeError('no such base');
    this.checkout = base;
  }

  async run(): Promise<string | undefined> {
    const below = await this.below();
    return this.inBox('agent', below, async (paths) => {
      const hasSetUp = below.layers.some((layer) => !layer.tracked);
      const before = hasSetUp ? join(this.directory, 'before') : undefined;
      if (before !== undefined) execFileSync('cp', ['-a', '--', paths.merged, before]);
      await this.perform('agent', paths, this.of.steps, false);
      return this.compare(paths, below, before);
    });
  }

  private async below(): Promise<Below> {
    const base: Below['layers'][number] = { layer: { path: this.checkout.workTree, removed: [] }, tracked: true };
    const plain: Below = { layers: [base], base: this.checkout, submodules: this.checkout.submodules };
    let setUps: Below['layers'] = [];
    for (const [index, steps] of this.of.setUps.entries()) {
      const name = `set-up ${String(index + 1)}`;
      const layers = [...setUps, base];
      const upper = await this.inBox(name, { ...plain, layers }, async (paths) => {
        await this.perform(name, paths, steps, true);
        return paths.upper;
      });
      setUps = [{ layer: { path: upper, removed: [] }, tracked: false }, ...setUps];
    }
    const delta = this.of.delta.length === 0 ? undefined : await this.delta(plain, setUps);
    if (delta === undefined) return { ...plain, layers: [...setUps, base] };
    const layers = this.of.deltaOnTop ? [delta.layer, ...setUps, base] : [...setUps, delta.layer, base];
    return { ...delta, layers };
  }

  /** A commit near the base, as the layer that the runner makes of it. */
  private async delta(
    plain: Below,
    setUps: Below['layers'],
  ): Promise<(Omit<Below, 'layers'> & { readonly layer: Below['layers'][number] }) | undefined> {
    const captured = await this.inBox('delta', plain, async (paths) => {
      await this.perform('delta', paths, this.of.delta, false);
      return this.capture(paths, plain, join(this.directory, 'captures', '1'));
    });
    const { gitDir, commit, tree } = captured;
    if (gitDir === undefined) return undefined;
    const made = new Set(setUps.flatMap(({ layer }) => treeOf(layer.path).map((entry) => entry.path)));
    const entries = await this.entriesOf(gitDir, commit);
    // The runner builds the set-up anew for such a base.
    if (
      entries.some(
        ({ path }) => isAtOrBelow(path, made) || [...made].some((other) => isAtOrBelow(other, new Set([path]))),
      )
    ) {
      this.story.push('delta: left out, as its commit tracks what the set-up made');
      return undefined;
    }
    await send(gitDir, commit, [this.checkout.commit], this.world.store);
    const sandbox = {
      base: this.checkout,
      directory: { path: this.directory },
      spec: { repositoryId: 'repository' },
      state: () => Promise.resolve({ checkpoints: new Map([[1, { number: 1, commit, tree, final: true }]]) }),
    } as unknown as Parameters<typeof deltaLayer>[0];
    const { layer } = await deltaLayer(sandbox, commit, undefined as never);
    if (layer === undefined) return undefined;
    const index = join(this.directory, 'delta-index');
    await prepareIndex({ gitDir }, commit, index);
    return {
      layer: { layer, tracked: true },
      base: { ...this.checkout, commit, tree, index, objects: join(gitDir, 'objects'), deltas: [layer.path] },
      submodules: entries.filter(({ mode }) => mode === '160000').map(({ path }) => path),
    };
  }

  private async entriesOf(gitDir: string, commit: string): Promise<{ mode: string; path: string }[]> {
    const { stdout } = await runGit(['ls-tree', '-r', '-z', commit], { gitDir });
    return stdout
      .toString('latin1')
      .split('\0')
      .filter(Boolean)
      .map((line) => ({ mode: line.slice(0, 6), path: line.slice(line.indexOf('\t') + 1) }));
  }

  private async compare(paths: BoxPaths, below: Below, before: string | undefined): Promise<string | undefined> {
    const { base } = below;
    const scratch = join(this.directory, 'oracle');
    await mkdir(join(scratch, 'objects'), { recursive: true });
    const gitDir = base.objects.replace(/\/objects$/, '');
    const oracle = new Oracle({
      merged: paths.merged,
      before,
      gitDir,
      commit: base.commit,
      scratch,
      maxFileBytes: MAX_FILE_BYTES,
    }).answer();
    const captured = await this.capture(paths, below, join(this.directory, 'captures', '2'));
    if (this.of.seed % 4 === 0) {
      const cloned = await this.captureClone(paths, below);
      if (cloned.tree !== oracle.tree)
        return `as a full copy: ${this.explain(cloned, oracle.tree, gitDir, `${scratch}/objects`)}`;
    }
    if (captured.tree !== oracle.tree) return this.explain(captured, oracle.tree, gitDir, `${scratch}/objects`);
    const told = captured.notices.map((notice) => notice.path.toString('latin1'));
    const isCut = captured.notices.some((notice) => notice.reason === 'NOTICES_CUT');
    const silent = oracle.leftOut.filter((path) => !isCut && !isAtOrBelow(path, new Set(told)));
    if (silent.length > 0) return `left out without a notice: ${JSON.stringify(silent)}`;
    if (captured.gitDir === undefined) return undefined;
    const inexact = captured.notices.find((notice) => notice.reason === 'PATCH_INEXACT');
    if (inexact !== undefined && !(await this.hasNameThatNoPatchHolds(captured))) return inexact.message;
    return this.accepted(captured.gitDir, captured.commit, base.commit);
  }

  /** Git writes such directories of binary files into patches, and does not read them. */
  private async hasNameThatNoPatchHolds({ gitDir = '', commit }: CapturedTree): Promise<boolean> {
    const { stdout } = await runGit(['diff-tree', '-r', '-z', '--name-only', `${commit}^`, commit], { gitDir });
    return stdout.includes(' /');
  }

  private async accepted(gitDir: string, commit: string, base: string): Promise<string | undefined> {
    try {
      await send(gitDir, commit, [base], this.world.store);
      return undefined;
    } catch (error) {
      return `the store refuses it: ${String(error)}`;
    }
  }

  private explain(captured: CapturedTree, expected: string, gitDir: string, objects: string): string {
    const more = captured.gitDir === undefined ? [] : [join(captured.gitDir, 'objects')];
    const env = {
      PATH: process.env['PATH'],
      GIT_DIR: gitDir,
      GIT_ALTERNATE_OBJECT_DIRECTORIES: [objects, ...more].join(':'),
    };
    const list = execFileSync('git', ['diff-tree', '-r', '--no-renames', expected, captured.tree], { env, cwd: '/' });
    return `trees differ (oracle, then capture):\n${list.toString('latin1')}`;
  }

  private async capture(paths: BoxPaths, below: Below, directory: string): Promise<CapturedTree> {
    const found = await walkUpper({
      ...this.walking(below),
      upper: paths.upper,
      attributePrefix: 'trusted.overlay.',
    });
    const mode = this.of.seed % 2 === 0 ? 'link' : 'copy';
    return this.captureFound(found, below, { directory: paths.upper, mode }, directory);
  }

  /** As on a host that has no overlays. */
  private async captureClone(paths: BoxPaths, below: Below): Promise<CapturedTree> {
    const copy = join(this.directory, 'clone');
    execFileSync('cp', ['-a', '--', paths.merged, copy]);
    const found = await walkClone({ ...this.walking(below), copy });
    return this.captureFound(found, below, { directory: copy, mode: 'copy' }, join(this.directory, 'captures', '3'));
  }

  private walking(below: Below): Omit<WalkCloneOptions, 'copy'> {
    return {
      base: this.checkout.workTree,
      layers: below.layers.slice(0, -1).map(({ layer, tracked }) => ({ path: layer.path, tracked })),
      submodules: below.submodules,
      maxFileBytes: MAX_FILE_BYTES,
    };
  }

  private captureFound(
    found: CapturedChanges,
    below: Below,
    upper: Parameters<typeof captureTree>[0]['upper'],
    directory: string,
  ): Promise<CapturedTree> {
    return captureTree({
      base: below.base,
      found,
      upper,
      directory,
      message: 'fuzz',
      date: new Date(0),
      onStaged: () => Promise.resolve(),
    });
  }

  private async perform(who: string, paths: BoxPaths, steps: readonly Step[], setUp: boolean): Promise<void> {
    const said = await this.world.agent.perform({ top: paths.merged, setUp, submodules: SUBMODULES }, steps);
    this.story.push(...said.map((line) => `${who}: ${line}`));
  }

  private async inBox<T>(name: string, below: Below, work: (paths: BoxPaths) => Promise<T>): Promise<T> {
    const paths = boxPaths(join(this.directory, name.replace(' ', '-')));
    await createBoxDirectories(paths, this.checkout.uid);
    await this.overlay.mount(
      paths,
      below.layers.map(({ layer }) => layer),
      this.checkout.uid,
    );
    try {
      return await work(paths);
    } finally {
      await this.overlay.unmount(paths);
    }
  }
}

function isAtOrBelow(path: string, tops: ReadonlySet<string>): boolean {
  if (tops.has(path)) return true;
  for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1))
    if (tops.has(path.slice(0, slash))) return true;
  return false;
}
