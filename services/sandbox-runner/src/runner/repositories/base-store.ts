import { renameSync } from 'node:fs';
import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '@heddle/sandbox';
import { makeBaseCheckout, readBaseCheckout, type BaseCheckout } from './base-checkout.js';
import type { MirrorStore } from './mirror-store.js';
import type { UidAllocator } from './uid-allocator.js';

/** Base check-outs of this host that no sandbox uses and that are kept for the next one. */
const KEEP_IDLE = 16;

/** In the name of a check-out that is no whole one: being made, or being removed. */
const DRAFT = '.new-';

/** One base check-out per (repository, commit), made once however many sandboxes ask at the same time. */
export class BaseStore {
  private readonly making = new Map<string, Promise<BaseCheckout>>();
  private readonly users = new Map<string, number>();
  private evicting: Promise<void> = Promise.resolve();

  constructor(
    private readonly directory: string,
    private readonly mirrors: MirrorStore,
    private readonly uids: UidAllocator,
  ) {}

  /** Uid of the host for what belongs to this name alone, as the check-outs of a repository do. */
  uidOf(name: string): Promise<number> {
    return this.uids.uidOf(name);
  }

  /** The check-out, kept until `release` is called as often as `acquire` was. */
  async acquire(repositoryId: string, commit: string): Promise<BaseCheckout> {
    const key = `${repositoryId}/${commit}`;
    this.users.set(key, (this.users.get(key) ?? 0) + 1);
    let base = this.making.get(key);
    if (base === undefined) {
      base = this.ensure(repositoryId, commit);
      this.making.set(key, base);
      base.catch(() => this.making.delete(key));
    }
    try {
      const found = await base;
      await touch(found.directory);
      return found;
    } catch (error) {
      this.release(repositoryId, commit);
      throw error;
    }
  }

  release(repositoryId: string, commit: string): void {
    const key = `${repositoryId}/${commit}`;
    const users = (this.users.get(key) ?? 1) - 1;
    if (users <= 0) this.users.delete(key);
    else this.users.set(key, users);
  }

  /** Removes drafts of a process that died, and the check-outs that were not used for the longest time. */
  evict(): Promise<void> {
    this.evicting = this.evicting.then(
      () => this.evictOnce(),
      () => this.evictOnce(),
    );
    return this.evicting;
  }

  private async evictOnce(): Promise<void> {
    const idle: { readonly key: string; readonly path: string; readonly usedAt: number }[] = [];
    for (const repositoryId of await list(this.directory)) {
      for (const name of await list(join(this.directory, repositoryId))) {
        const path = join(this.directory, repositoryId, name);
        const key = `${repositoryId}/${name}`;
        if (this.users.has(key)) continue;
        if (name.includes(DRAFT)) {
          if (![...this.users.keys()].some((used) => key.startsWith(used)))
            await rm(path, { recursive: true, force: true });
        } else idle.push({ key, path, usedAt: (await stat(path)).mtimeMs });
      }
    }
    idle.sort((a, b) => b.usedAt - a.usedAt);
    for (const base of idle.slice(KEEP_IDLE)) {
      if (this.users.has(base.key)) continue;
      this.making.delete(base.key);
      // Gone before anyone can ask for it: they make it anew. A removal that is cut off goes as a draft.
      const doomed = `${base.path}${DRAFT}doomed`;
      renameSync(base.path, doomed);
      await rm(doomed, { recursive: true, force: true });
    }
  }

  private async ensure(repositoryId: string, commit: string): Promise<BaseCheckout> {
    const parent = join(this.directory, repositoryId);
    const directory = join(parent, commit);
    const present = await readBaseCheckout(directory);
    if (present !== undefined) return present;
    await mkdir(parent, { recursive: true, mode: 0o755 });
    const mirror = await this.mirrors.ensure(repositoryId, commit);
    return makeBaseCheckout(directory, mirror, commit, await this.uids.uidOf(repositoryId));
  }
}

/** What was used last is evicted last. */
async function touch(directory: string): Promise<void> {
  const now = Date.now() / 1000;
  await utimes(directory, now, now);
}

async function list(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}
