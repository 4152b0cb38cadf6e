import { basename, join } from 'node:path';
import { ModelGates } from '@heddle/egress';
import {
  DriverChoice,
  listSandboxDirectories,
  SandboxDirectory,
  SandboxError,
  type SandboxDriver,
} from '@heddle/sandbox';
import type { Logger } from '@heddle/platform/logging';
import type { MethodName, Params, Result, SupervisorHello, UsageSample } from '../protocol/supervisor-protocol.js';
import { Janitor } from './janitor/janitor.js';
import type { Owned } from './janitor/owned.js';
import { SandboxEgress } from './egress/sandbox-egress.js';
import { findTrustPlaces } from './egress/trust-places.js';
import { SandboxKeeper } from './sandbox-keeper.js';
import { Terminals } from './terminals/terminals.js';

export interface SupervisorOptions {
  /** Directory of all sandboxes of this host's runner. */
  readonly sandboxes: string;
  readonly driver: SandboxDriver;
  readonly logger: Logger;
}

const INTERRUPT_GRACE_MS = 5_000;
const UNFINISHED_AT_START_MS = 1_000;

/** Owns every process, mount and control group of this host's sandboxes. It decides nothing about attempts. */
export class Supervisor {
  private readonly keepers = new Map<string, Promise<SandboxKeeper>>();
  /** Read once: it holds for the host. */
  private readonly trust = once(findTrustPlaces);
  /** All sandboxes of this host wait for their models in the same lines. */
  private readonly gates = new ModelGates();
  private ending = false;
  readonly janitor: Janitor;
  readonly terminals: Terminals;

  private constructor(private readonly options: SupervisorOptions) {
    this.janitor = new Janitor({ ...options, owned: () => this.owned() });
    const isThere = async (sandbox: string): Promise<boolean> =>
      (await this.directory(sandbox).specification()) !== undefined;
    this.terminals = new Terminals(options.driver, isThere, options.logger);
  }

  /** Adopts what an earlier supervisor left: nothing that runs notices. One sandbox's fault is no other's. */
  static async open(options: SupervisorOptions): Promise<Supervisor> {
    const supervisor = new Supervisor(options);
    for (const name of await supervisor.sandboxNames()) {
      try {
        const keeper = await supervisor.keeper(name);
        if (keeper.isRunning) options.logger.info({ sandbox: name }, 'adopted a running sandbox');
      } catch (error) {
        options.logger.error(
          { err: error, sandbox: name },
          'could not adopt a sandbox; whoever asks for it tries again',
        );
      }
    }
    // The runner may be making one right now.
    void supervisor.janitor.sweep(UNFINISHED_AT_START_MS);
    return supervisor;
  }

  /** True once it is going down: what is asked now is the next supervisor's to answer. */
  get isEnding(): boolean {
    return this.ending;
  }

  async call<M extends MethodName>(method: M, params: Params<M>): Promise<Result<M>> {
    return (await this.dispatch({ method, params } as AnyCall)) as Result<M>;
  }

  /** Ends every process of every sandbox; what they made stays for the next start, which may run them again. */
  async interruptAll(): Promise<void> {
    this.ending = true;
    await this.terminals.closeAll();
    const keepers = [...(await this.opened()).values()];
    const outcomes = await Promise.allSettled(keepers.map((keeper) => keeper.interrupt(INTERRUPT_GRACE_MS)));
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected')
        this.options.logger.error({ err: outcome.reason as unknown }, 'a sandbox could not be ended');
    }
  }

  private async dispatch(call: AnyCall): Promise<unknown> {
    switch (call.method) {
      case 'hello':
        return this.hello();
      case 'createBox':
        await (await this.keeper(call.params.sandbox)).createBox(call.params.box);
        return {};
      case 'grantEgress':
        await (await this.keeper(call.params.sandbox)).grantEgress(call.params);
        return {};
      case 'start':
        return (await this.keeper(call.params.sandbox)).start(call.params);
      case 'wait':
        return (await this.keeper(call.params.sandbox)).wait(call.params);
      case 'end':
        return { ended: await (await this.keeper(call.params.sandbox)).end(call.params) };
      case 'usage':
        return { samples: await this.samples() };
      case 'stop':
        return {
          stopped: await (await this.keeper(call.params.sandbox)).stop(call.params.reason, call.params.graceMs),
        };
      case 'freeze':
        await (await this.keeper(call.params.sandbox)).freeze(call.params, call.params.limitMs, call.params.holdMs);
        return {};
      case 'thaw':
        await (await this.keeper(call.params.sandbox)).thaw(call.params);
        return {};
      case 'pause':
        return (await this.keeper(call.params.sandbox)).pause();
      case 'resume':
        await (await this.keeper(call.params.sandbox)).resume();
        return {};
      case 'destroyBox':
        await (await this.keeper(call.params.sandbox)).destroyBox(call.params.box);
        return {};
      case 'closeTerminals':
        await this.terminals.close(call.params.sandbox);
        return {};
      case 'sweep':
        return { removed: await this.janitor.sweep() };
      case 'remove': {
        if (
          !this.keepers.has(call.params.sandbox) &&
          (await this.directory(call.params.sandbox).specification()) === undefined
        )
          return {};
        await this.terminals.close(call.params.sandbox);
        await (await this.keeper(call.params.sandbox)).remove();
        this.keepers.delete(call.params.sandbox);
        this.terminals.reopen(call.params.sandbox);
        return {};
      }
    }
  }

  /** Whose journal can't be read may name anything. */
  private async owned(): Promise<Owned> {
    const names = await this.sandboxNames();
    const keepers = await Promise.allSettled(names.map((name) => this.keeper(name)));
    const boxes = keepers.flatMap((keeper) => (keeper.status === 'fulfilled' ? keeper.value.liveBoxes : []));
    boxes.push(...this.terminals.boxes);
    return {
      // With those that are being removed: their directories have another name by then.
      sandboxes: new Set([...names, ...this.keepers.keys()]),
      boxes: new Map(boxes.map((box) => [box.name, box])),
      isComplete: keepers.every((keeper) => keeper.status === 'fulfilled'),
    };
  }

  /** Those whose making has ended. */
  private async sandboxNames(): Promise<string[]> {
    const names: string[] = [];
    for (const directory of await listSandboxDirectories(this.options.sandboxes)) {
      const isFinished = await directory.specification().then(
        (specification) => specification !== undefined,
        () => true,
      );
      if (isFinished) names.push(basename(directory.path));
    }
    return names;
  }

  private async samples(): Promise<UsageSample[]> {
    const samples: UsageSample[] = [];
    for (const [sandbox, keeper] of await this.opened()) {
      const usage = keeper.isRunning ? keeper.usage : undefined;
      if (usage !== undefined) samples.push({ sandbox, usage });
    }
    return samples;
  }

  private async hello(): Promise<SupervisorHello> {
    const { driver } = this.options;
    const running: string[] = [];
    for (const [name, keeper] of await this.opened()) if (keeper.isRunning) running.push(name);
    const inside = driver.description.boundary === 'NONE' ? undefined : driver.inside(this.directory('x').box('x'));
    return {
      pid: process.pid,
      ...(driver instanceof DriverChoice ? driver.offer : { description: driver.description }),
      attributePrefix: driver.attributePrefix,
      inside,
      running,
    };
  }

  /** One that can't be opened is reported to whoever asks for it, and is no other's fault. */
  private async opened(): Promise<Map<string, SandboxKeeper>> {
    const names = [...this.keepers.keys()];
    const outcomes = await Promise.allSettled(this.keepers.values());
    return new Map(
      outcomes.flatMap((outcome, index) =>
        outcome.status === 'fulfilled' ? [[names[index] ?? '', outcome.value] as const] : [],
      ),
    );
  }

  private async keeper(sandbox: string): Promise<SandboxKeeper> {
    let keeper = this.keepers.get(sandbox);
    if (keeper === undefined) {
      keeper = this.open(sandbox);
      this.keepers.set(sandbox, keeper);
      keeper.catch(() => this.keepers.delete(sandbox));
    }
    return keeper;
  }

  private async open(sandbox: string): Promise<SandboxKeeper> {
    const directory = this.directory(sandbox);
    if ((await directory.specification()) === undefined)
      throw new SandboxError('SANDBOX_UNKNOWN', `there is no sandbox ${sandbox}`);
    const { driver, logger } = this.options;
    const egress = new SandboxEgress(directory, driver, this.trust, this.gates, logger);
    return SandboxKeeper.open(directory, driver, egress, logger);
  }

  private directory(sandbox: string): SandboxDirectory {
    if (!/^[A-Za-z0-9_.-]+$/.test(sandbox) || sandbox.startsWith('.'))
      throw new SandboxError('SANDBOX_UNKNOWN', 'not the name of a sandbox');
    return new SandboxDirectory(join(this.options.sandboxes, sandbox));
  }
}

type AnyCall = { [M in MethodName]: { readonly method: M; readonly params: Params<M> } }[MethodName];

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => (result ??= work());
}
