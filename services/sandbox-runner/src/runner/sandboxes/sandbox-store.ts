import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { SandboxSpec } from '@heddle/contracts/internal';
import type { SandboxOwnerRef } from '@heddle/contracts/workflows';
import { listSandboxDirectories, SandboxDirectory, SandboxError } from '@heddle/sandbox';
import type { BaseStore } from '../repositories/base-store.js';
import type { LimitDefaults } from './sandbox-limits.js';
import type { SandboxUids } from './sandbox-uids.js';
import { ownerKey, Sandbox, type SandboxRecord } from './sandbox.js';

/** The sandboxes of this host. What is in memory is read from their directories; nothing is only here. */
export class SandboxStore {
  private readonly open = new Map<string, Promise<Sandbox>>();

  constructor(
    private readonly directory: string,
    private readonly bases: BaseStore,
    /** Undefined where the driver has all sandboxes of a base run as its owner. */
    private readonly uids: SandboxUids | undefined,
    private readonly limits: LimitDefaults,
  ) {}

  /**
   * Before anything is created: whose uids are taken is read from disk. Only one runner makes sandboxes here, so what has
   * no specification yet was being made by an earlier one when that died: nothing has ever run in it.
   */
  async prepare(): Promise<void> {
    await mkdir(this.directory, { recursive: true, mode: 0o711 });
    for (const directory of await listSandboxDirectories(this.directory)) {
      const record = (await directory.specification()) as SandboxRecord | undefined;
      if (record === undefined) await directory.remove();
      else if (record.uid !== undefined) this.uids?.adopt(record.uid);
    }
  }

  /** @throws SANDBOX_UNKNOWN if no directory of this host says so */
  async get(owner: SandboxOwnerRef): Promise<Sandbox> {
    const sandbox = await this.find(owner);
    if (sandbox === undefined)
      throw new SandboxError('SANDBOX_UNKNOWN', `this runner has no sandbox of ${ownerKey(owner)}`);
    return sandbox;
  }

  async find(owner: SandboxOwnerRef): Promise<Sandbox | undefined> {
    const name = ownerKey(owner);
    const known = this.open.get(name);
    if (known !== undefined) return known;
    const directory = this.at(name);
    if ((await directory.specification()) === undefined) return undefined;
    return this.load(name, directory);
  }

  /** Those that are in use, by the names of their directories. */
  async loaded(): Promise<Map<string, Sandbox>> {
    const found = new Map<string, Sandbox>();
    for (const loading of [...this.open.values()]) {
      const sandbox = await loading.catch(() => undefined);
      if (sandbox !== undefined) found.set(sandbox.name, sandbox);
    }
    return found;
  }

  /** Makes the directory with its specification unless it is there. */
  async create(owner: SandboxOwnerRef, spec: SandboxSpec): Promise<Sandbox> {
    const present = await this.find(owner);
    if (present !== undefined) return present;
    const name = ownerKey(owner);
    const directory = this.at(name);
    const uid = this.uids?.take();
    const record: SandboxRecord = {
      owner,
      spec: Buffer.from(SandboxSpec.encode(spec).finish()).toString('base64'),
      uid,
    };
    try {
      await directory.create(record);
    } catch (error) {
      if (uid !== undefined) this.uids?.giveBack(uid);
      throw error;
    }
    return this.load(name, directory);
  }

  /**
   * A directory for programs of the platform's own choice: it has no owner and no repository, and no phase knows it.
   * Whoever asked has the supervisor remove it, and frees its uid then.
   */
  async throwAway(name: string): Promise<{ directory: SandboxDirectory; uid: number; free: () => void }> {
    const own = this.uids?.take();
    const uid = own ?? (await this.bases.uidOf('agents'));
    const directory = this.at(name);
    await directory.create({ uid: own });
    return { directory, uid, free: () => (own === undefined ? undefined : this.uids?.giveBack(own)) };
  }

  /** Names of those that nobody has removed. */
  async throwAways(): Promise<string[]> {
    const names: string[] = [];
    for (const directory of await listSandboxDirectories(this.directory)) {
      const record = (await directory.specification()) as Partial<SandboxRecord> | undefined;
      if (record !== undefined && record.spec === undefined) names.push(basename(directory.path));
    }
    return names;
  }

  /** Sees to the base that a sandbox will need; call the answer when the sandbox holds it itself. */
  async warm(spec: SandboxSpec): Promise<() => void> {
    await this.bases.acquire(spec.repositoryId, spec.baseCommit);
    return () => {
      this.bases.release(spec.repositoryId, spec.baseCommit);
    };
  }

  /** Those of the same owner's earlier claims. */
  async before(owner: SandboxOwnerRef): Promise<Sandbox[]> {
    const prefix = ownerKey(owner).slice(0, -String(owner.fence).length);
    const sandboxes: Sandbox[] = [];
    for (const { path } of await listSandboxDirectories(this.directory)) {
      const name = basename(path);
      const fence = name.startsWith(prefix) ? Number(name.slice(prefix.length)) : owner.fence;
      const sandbox = fence < owner.fence ? await this.find({ ...owner, fence }) : undefined;
      if (sandbox !== undefined) sandboxes.push(sandbox);
    }
    return sandboxes;
  }

  /** All that are on disk, also those that wait for their removal. */
  async list(): Promise<Sandbox[]> {
    const sandboxes: Sandbox[] = [];
    for (const directory of await listSandboxDirectories(this.directory)) {
      const name = directory.path.slice(this.directory.length + 1);
      const record = (await directory.specification()) as Partial<SandboxRecord> | undefined;
      if (record?.spec === undefined) continue;
      const sandbox = await this.load(name, directory).catch((error: unknown) => {
        // The supervisor was ending its removal while this looked.
        if (SandboxError.is(error) && error.reason === 'SANDBOX_UNKNOWN') return undefined;
        throw error;
      });
      if (sandbox !== undefined) sandboxes.push(sandbox);
    }
    return sandboxes;
  }

  /** After its directory is gone. */
  async forget(sandbox: Sandbox): Promise<void> {
    if (!this.open.delete(sandbox.name)) return;
    this.uids?.giveBack(sandbox.uid);
    this.bases.release(sandbox.spec.repositoryId, sandbox.base.commit);
    await this.bases.evict();
  }

  private load(name: string, directory: SandboxDirectory): Promise<Sandbox> {
    const loading = this.open.get(name) ?? this.read(name, directory);
    this.open.set(name, loading);
    loading.catch(() => this.open.delete(name));
    return loading;
  }

  private async read(name: string, directory: SandboxDirectory): Promise<Sandbox> {
    const record = (await directory.specification()) as SandboxRecord | undefined;
    if (record === undefined) throw new SandboxError('SANDBOX_UNKNOWN', `the sandbox ${name} was removed meanwhile`);
    const spec = SandboxSpec.decode(Buffer.from(record.spec, 'base64'));
    const base = await this.bases.acquire(spec.repositoryId, spec.baseCommit);
    return new Sandbox(name, record.owner, directory, record, base, this.limits);
  }

  private at(name: string): SandboxDirectory {
    return new SandboxDirectory(join(this.directory, name));
  }
}
