import { condition } from '@temporalio/workflow';
import type { StopReasonWord } from '@heddle/contracts/workflows';

/** The one place that knows whether the work is to stop, and why. The first reason holds. */
export class StopControl {
  #reason: StopReasonWord | undefined;
  #hasAgent = true;

  get reason(): StopReasonWord | undefined {
    return this.#reason;
  }

  request(reason: StopReasonWord): void {
    if (reason === 'BUDGET_EXHAUSTED' && !this.#hasAgent) return;
    this.#reason ??= reason;
  }

  /** A budget stops agents: one that has ended is not stopped by what it used, and the checks of its work go on. */
  agentRuns(isSo: boolean): void {
    this.#hasAgent = isSo;
  }

  /** Resolves when a stop is requested, or when `over()` says that nobody waits for it any more. */
  async requested(over: () => boolean): Promise<StopReasonWord | undefined> {
    await condition(() => this.#reason !== undefined || over());
    return this.#reason;
  }
}
