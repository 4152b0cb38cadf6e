import { condition } from '@temporalio/workflow';
import type { StopReasonWord } from '@heddle/contracts/workflows';

/** The one place that knows whether the work is to stop, and why. The first reason holds. */
export class StopControl {
  #reason: StopReasonWord | undefined;

  get reason(): StopReasonWord | undefined {
    return this.#reason;
  }

  request(reason: StopReasonWord): void {
    this.#reason ??= reason;
  }

  /** Resolves when a stop is requested, or when `over()` says that nobody waits for it any more. */
  async requested(over: () => boolean): Promise<StopReasonWord | undefined> {
    await condition(() => this.#reason !== undefined || over());
    return this.#reason;
  }
}
