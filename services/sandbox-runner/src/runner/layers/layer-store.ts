import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Logger } from '@heddle/platform/logging';
import { errnoOf, removeTree } from '@heddle/sandbox';
import type { LayerTrace } from './miss-reason.js';

const run = promisify(execFile);

/** What a set-up left over one tree; nothing ever writes to it again. */
export interface StoredLayer {
  readonly key: string;
  /** What it was made over, and a commit that has it. */
  readonly tree: string;
  readonly commit: string;
  /** On disk. */
  readonly bytes: number;
  readonly workTree: string;
  readonly home: string;
}

export interface LayerStoreOptions {
  readonly directory: string;
  readonly budgetBytes: number;
  /** Directories of sandboxes, each with a journal that names the layers it uses. */
  readonly sandboxes: readonly string[];
  readonly logger: Logger;
}

/** In the name of a directory that is no whole layer: being made, or being removed. */
const DRAFT = '.new';
const DOOMED = '.doomed';
const KEPT_TRACES = 500;

/** The layers of this host. Whole or not at all, each under the key of what it was made from. */
export class LayerStore {
  private readonly holds = new Map<string, number>();
  /** Held at any time since the journals began to be read last: they may not name it yet. */
  private heldSince = new Set<string>();
  private evicting: Promise<void> = Promise.resolve();

  constructor(private readonly options: LayerStoreOptions) {}

  /** Before anything is built: what a process that died was making or removing goes. */
  async prepare(): Promise<void> {
    // Mounting is the platform's alone: nobody else on the host has to get here.
    for (const directory of [this.store, this.traces]) await mkdir(directory, { recursive: true, mode: 0o700 });
    for (const name of await readdir(this.store))
      if (name.endsWith(DRAFT) || name.endsWith(DOOMED)) await removeTree(join(this.store, name));
  }

  /** The layer, kept from now on until the answer's `release` is called. */
  async hold(key: string): Promise<{ readonly layer: StoredLayer; release(): void } | undefined> {
    this.holds.set(key, (this.holds.get(key) ?? 0) + 1);
    this.heldSince.add(key);
    let held = true;
    const release = (): void => {
      const left = (this.holds.get(key) ?? 1) - (held ? 1 : 0);
      held = false;
      if (left > 0) this.holds.set(key, left);
      else this.holds.delete(key);
    };
    const layer = await this.read(key);
    if (layer === undefined) release();
    else await touch(this.at(key));
    return layer === undefined ? undefined : { layer, release };
  }

  /** An empty directory for a layer that is being made. */
  async draft(key: string): Promise<string> {
    const draft = `${this.at(key)}${DRAFT}`;
    await removeTree(draft);
    await mkdir(draft, { mode: 0o755 });
    return draft;
  }

  /** Makes the draft, with `tree` and `home` in it, the layer of its key. */
  async publish(draft: string, layer: Omit<StoredLayer, 'workTree' | 'home'>, trace: LayerTrace): Promise<void> {
    await writeFile(join(this.traces, `${layer.key}.json`), JSON.stringify(trace), { mode: 0o600 });
    await writeFile(join(draft, 'layer.json'), JSON.stringify(layer), { mode: 0o600 });
    // Of all its files: every sandbox after a loss of power would run on empty ones.
    await run('sync', ['-f', '--', draft]);
    await rename(draft, this.at(layer.key));
    await this.forgetTraces();
  }

  /** Of all layers that there were, as far back as is kept. */
  async readTraces(): Promise<LayerTrace[]> {
    const traces: LayerTrace[] = [];
    for (const name of await readdir(this.traces)) {
      try {
        traces.push(JSON.parse(await readFile(join(this.traces, name), 'utf8')) as LayerTrace);
      } catch (error) {
        // One that a loss of power tore tells nothing, and nothing but a reason depends on it.
        if (!(error instanceof SyntaxError) && errnoOf(error) !== 'ENOENT') throw error;
      }
    }
    return traces;
  }

  /** Removes layers that were not used for the longest time until the rest is within the budget; never one in use. */
  evict(): Promise<void> {
    this.evicting = this.evicting.catch(() => undefined).then(() => this.evictOnce());
    return this.evicting;
  }

  private async evictOnce(): Promise<void> {
    const layers: { readonly key: string; readonly bytes: number; readonly usedAt: number }[] = [];
    for (const key of await readdir(this.store)) {
      const layer = await this.read(key);
      if (layer !== undefined) layers.push({ ...layer, usedAt: (await stat(this.at(key))).mtimeMs });
    }
    let total = layers.reduce((sum, layer) => sum + layer.bytes, 0);
    if (total <= this.options.budgetBytes) return;
    for (const { key, bytes } of layers.sort((a, b) => a.usedAt - b.usedAt)) {
      if (total <= this.options.budgetBytes) return;
      // Anew for each: removing one takes time enough for a sandbox to hold another, to be on record and to let go.
      this.heldSince = new Set(this.holds.keys());
      const used = await this.inUse();
      // In the same moment: from here on nobody finds it.
      if (used.has(key) || this.heldSince.has(key)) continue;
      const doomed = `${this.at(key)}${DOOMED}`;
      await rename(this.at(key), doomed);
      await removeTree(doomed);
      total -= bytes;
    }
    this.options.logger.warn({ bytes: total }, 'the layers in use take more than their budget');
  }

  /** By what the sandboxes' own journals name: there is no other record that could be wrong. */
  private async inUse(): Promise<Set<string>> {
    const used = new Set<string>();
    for (const parent of this.options.sandboxes) {
      for (const name of await listOrNothing(parent)) {
        const text = await readFile(join(parent, name, 'state'), 'utf8').catch(ignoreAbsent);
        for (const [, key = ''] of (text ?? '').matchAll(NAMED)) used.add(key);
      }
    }
    return used;
  }

  private async read(key: string): Promise<StoredLayer | undefined> {
    if (!/^[0-9a-f]{64}$/.test(key)) return undefined;
    const text = await readFile(join(this.at(key), 'layer.json'), 'utf8').catch(ignoreAbsent);
    if (text === undefined) return undefined;
    const stored = JSON.parse(text) as StoredLayer;
    return { ...stored, workTree: join(this.at(key), 'tree'), home: join(this.at(key), 'home') };
  }

  private async forgetTraces(): Promise<void> {
    const names = await readdir(this.traces);
    if (names.length <= KEPT_TRACES) return;
    const dated = await Promise.all(
      names.map(async (name) => ({ name, at: (await stat(join(this.traces, name))).mtimeMs })),
    );
    for (const { name } of dated.sort((a, b) => b.at - a.at).slice(KEPT_TRACES))
      await rm(join(this.traces, name), { force: true });
  }

  private get store(): string {
    return join(this.options.directory, 'store');
  }

  private get traces(): string {
    return join(this.options.directory, 'traces');
  }

  private at(key: string): string {
    return join(this.store, key);
  }
}

const NAMED = /\/store\/([0-9a-f]{64})\//g;

function ignoreAbsent(error: unknown): undefined {
  if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
  throw error;
}

async function listOrNothing(directory: string): Promise<string[]> {
  return (await readdir(directory).catch(ignoreAbsent)) ?? [];
}

/** What was used last is evicted last. */
async function touch(directory: string): Promise<void> {
  const now = Date.now() / 1000;
  await utimes(directory, now, now);
}
