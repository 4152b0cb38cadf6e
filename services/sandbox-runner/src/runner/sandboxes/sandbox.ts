import { Task_Mode } from '@heddle/contracts';
import { SandboxSpec } from '@heddle/contracts/internal';
import type { SandboxOwnerRef } from '@heddle/contracts/workflows';
import type { TurnMode } from '@heddle/domain';
import {
  foldJournal,
  type BoxSpec,
  type DriverName,
  type JournalState,
  type Layer,
  type SandboxDirectory,
  type ToolMount,
} from '@heddle/sandbox';
import { hasNetwork, type BoxPhase } from '../network/network-of.js';
import type { BaseCheckout } from '../repositories/base-checkout.js';
import { resolveLimits, type LimitDefaults, type ResolvedLimits } from './sandbox-limits.js';

/** What a box is for. */
export interface BoxUse {
  readonly homeLayers?: readonly Layer[];
  /** Whose rules of the network policy hold in it; CHECK and absent: nothing is reachable. */
  readonly phase?: BoxPhase;
  readonly tools?: readonly ToolMount[];
}

/** What a sandbox's `spec.json` holds. */
export interface SandboxRecord {
  readonly owner: SandboxOwnerRef;
  /** The encoded `heddle.internal.v1.SandboxSpec`, base64. */
  readonly spec: string;
  /** Uid of the host that is this sandbox's alone; without one it runs as its base's. */
  readonly uid?: number | undefined;
}

/** One sandbox of this host, as its directory has it. */
export class Sandbox {
  readonly spec: SandboxSpec;
  readonly uid: number;
  readonly limits: ResolvedLimits;
  /** Aborted when somebody asks for the sandbox's end: what only waits in it must not be waited for. */
  readonly ending = new AbortController();
  private readonly under = new Map<string, Promise<unknown>>();
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    readonly name: string,
    readonly owner: SandboxOwnerRef,
    readonly directory: SandboxDirectory,
    record: SandboxRecord,
    readonly base: BaseCheckout,
    defaults: LimitDefaults,
  ) {
    this.uid = record.uid ?? base.uid;
    this.spec = SandboxSpec.decode(Buffer.from(record.spec, 'base64'));
    this.limits = resolveLimits(this.spec.limits, defaults);
  }

  async state(): Promise<JournalState> {
    return foldJournal(await this.directory.journal.read());
  }

  get baseLayer(): Layer {
    return { path: this.base.workTree, removed: [], owner: this.base.uid };
  }

  /** Of the turn that it was made for. */
  get mode(): TurnMode {
    return this.spec.mode === Task_Mode.ASK || this.spec.mode === Task_Mode.PLAN ? this.spec.mode : 'CODE';
  }

  /** A box of this sandbox; its name is unique on the host. `label` is also the name of its directory. */
  box(label: string, layers: readonly Layer[], { homeLayers, phase = 'CHECK', tools = [] }: BoxUse = {}): BoxSpec {
    const { driver } = this.spec;
    const { directory = '', image = '' } = this.spec.rootfs ?? {};
    return {
      name: `${this.name}.${label}`,
      paths: this.directory.box(label),
      layers,
      ...(homeLayers === undefined || homeLayers.length === 0 ? {} : { homeLayers }),
      uid: this.uid,
      insideUid: this.base.uid,
      ...(driver === '' ? {} : { driver: driver as DriverName }),
      ...(tools.length === 0 ? {} : { tools }),
      ...(directory === '' ? {} : { root: { directory } }),
      ...(image === '' ? {} : { image }),
      limits: this.limits.box,
      ...(phase === 'CHECK' || !hasNetwork(this.spec, phase) ? {} : { network: { phase } }),
    };
  }

  /** After all work that was given before: several executions of a phase may be attached at once. Never call it within. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const task = this.last.then(work, work);
    this.last = task;
    return task;
  }

  /** One at a time by its name: an execution that comes meanwhile gets the same result. */
  shared<T>(name: string, work: () => Promise<T>): Promise<T> {
    const present = this.under.get(name) as Promise<T> | undefined;
    if (present !== undefined) return present;
    const task = work().finally(() => this.under.delete(name));
    this.under.set(name, task);
    return task;
  }

  async recordPhase(phase: string, result: unknown): Promise<void> {
    await this.directory.journal.append({ type: 'phase', phase, result });
  }
}

export function ownerKey(owner: SandboxOwnerRef): string {
  return `${owner.kind.toLowerCase()}-${owner.id}-${String(owner.fence)}`;
}
