import { setTimeout as delay } from 'node:timers/promises';

interface QuietTimes {
  readonly quietMs: number;
  readonly limitMs: number;
}

/** A past is told without a pause; a turn that goes on with a session of any length begins a little later by it. */
const TIMES: QuietTimes = { quietMs: 300, limitMs: 10_000 };

/** What an agent tells once more of a session that it loads: it is no part of the turn that begins. */
export class SessionPast {
  private isBeingTold = false;
  private heardAt = 0;

  constructor(private readonly times = TIMES) {}

  /** True for an update that tells of the past. */
  takes(): boolean {
    this.heardAt = Date.now();
    return this.isBeingTold;
  }

  /** Until the agent has loaded the session, or has not, and has fallen silent: some answer first and go on telling (Gemini CLI). */
  async during(load: () => Promise<unknown>): Promise<void> {
    const { quietMs, limitMs } = this.times;
    this.isBeingTold = true;
    try {
      await load();
    } finally {
      const loadedAt = Date.now();
      this.heardAt = loadedAt;
      while (Date.now() - this.heardAt < quietMs && Date.now() - loadedAt < limitMs) await delay(quietMs / 4);
      this.isBeingTold = false;
    }
  }
}
