import { HeddleError } from '@heddle/domain';
import type { ActiveOwners } from '../activities/active-owners.js';
import type { PhaseContext } from '../phases/phase-context.js';
import { release } from '../phases/release.phase.js';
import { firstToEvict, isKept } from './kept-sandboxes.js';
import { ownerKey, type Sandbox } from '../sandboxes/sandbox.js';

const LOOK_EVERY_MS = 10_000;
/** As long as one phase follows another, nobody needs to be asked. */
const ASK_AFTER_MS = 5_000;
/** Longer than a phase's schedule-to-start and the pause before its retry: nobody is on the way any more. */
const IDLE_LIMIT_MS = 150_000;

/** Takes over the sandboxes that are on this host already, and ends those that nobody wants any more. */
export class Adoption {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly context: PhaseContext,
    private readonly active: ActiveOwners,
    private readonly isDiskFull: () => Promise<boolean> = () => Promise.resolve(false),
  ) {}

  /** Before anything is polled: their slots are theirs again, their logs flow, released ones go. */
  async takeOver(): Promise<void> {
    for (const sandbox of await this.context.sandboxes.list()) {
      const state = await sandbox.state();
      // The supervisor was ending its removal while this looked.
      if ((await sandbox.directory.specification()) === undefined) {
        await this.context.sandboxes.forget(sandbox);
        continue;
      }
      if (state.released) {
        this.context.clearing.add(sandbox);
        continue;
      }
      this.context.slots.adopt(ownerKey(sandbox.owner));
      await this.context.logs.of(sandbox);
      this.context.egressReports.follow(sandbox);
      this.context.logger.info({ sandbox: sandbox.name }, 'took over a sandbox');
    }
  }

  start(): void {
    // One after the other: with the scheduler away a look takes as long as its questions wait.
    this.timer = setTimeout(() => {
      this.look()
        .catch((error: unknown) => {
          this.context.logger.warn({ err: error }, 'could not look after idle sandboxes');
        })
        .finally(() => {
          if (this.timer !== undefined) this.start();
        });
    }, LOOK_EVERY_MS);
    this.timer.unref();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** A sandbox without a phase is asked about; one that nobody wants any more is salvaged, ended and removed. */
  async look(): Promise<void> {
    const sandboxes = await this.context.sandboxes.list();
    this.active.keepOnly(sandboxes.map((sandbox) => sandbox.owner));
    await this.makeRoom(sandboxes);
    for (const sandbox of sandboxes) {
      const idleMs = this.active.idleFor(sandbox.owner);
      if (idleMs < ASK_AFTER_MS) continue;
      await this.lookAt(sandbox, idleMs).catch((error: unknown) => {
        this.context.logger.warn({ err: error, sandbox: sandbox.name }, 'could not look after an idle sandbox');
      });
    }
  }

  /** One at each look, until there is room again: what is kept for inspection is the first to go. */
  private async makeRoom(sandboxes: readonly Sandbox[]): Promise<void> {
    if (!(await this.isDiskFull())) return;
    const first = await firstToEvict(sandboxes);
    if (first === undefined) return;
    this.context.logger.warn({ sandbox: first.name }, 'the disk is filling: a kept sandbox goes before its time');
    this.context.clearing.add(first, true);
  }

  private async lookAt(sandbox: Sandbox, idleMs: number): Promise<void> {
    const state = await sandbox.state();
    if (state.released) {
      if (!isKept(state)) this.context.clearing.add(sandbox);
    } else if (await this.isUnwanted(sandbox, idleMs)) {
      this.context.logger.warn({ sandbox: sandbox.name }, 'no phase will come: what is here is salvaged and removed');
      await release(this.context, sandbox.owner);
    }
  }

  private async isUnwanted(sandbox: Sandbox, idleMs: number): Promise<boolean> {
    try {
      return (await this.context.specs.get(sandbox.owner)).ended;
    } catch (error) {
      if (!HeddleError.is(error)) return false;
      if (error.reason === 'FENCE_SUPERSEDED') return true;
      // Whoever should know the owner may be new to it, or restored: time must agree.
      return (
        idleMs >= IDLE_LIMIT_MS &&
        ['OWNER_NOT_FOUND', 'ATTEMPT_NOT_FOUND', 'LANDING_NOT_FOUND', 'JOB_NOT_FOUND'].includes(error.reason)
      );
    }
  }
}
