import { EgressFault } from '../routing/egress-fault.js';
import { AdaptiveLimit, type LimitOptions, type Sent } from './adaptive-limit.js';

/** So many refusals in a row, which take about a minute, and the agents hear of the next ones: waiting has not helped. */
const HOPELESS = 7;
/** What was learned of a server that was left alone for so long is forgotten. */
const FORGET_MS = 10 * 60_000;

/** A request that was let go. */
export interface Turn {
  /** The server took it. */
  accepted(): void;
  /** @returns for how long nothing is let go now, milliseconds */
  refused(retryAfterMs?: number): number;
  /** Its answer is over, or there will be none. To be called in any case; once is enough. */
  ended(): void;
}

export interface EnterOptions {
  /** Milliseconds that it may wait. */
  readonly maxWaitMs: number;
  /** Leaves the line. */
  readonly signal: AbortSignal;
  /** It had its turn and was refused: it goes before the others of its sandbox. */
  readonly isAgain?: boolean;
}

interface Waiter {
  readonly until: number;
  readonly go: (sent: Sent) => void;
  readonly fail: (fault: EgressFault) => void;
}

interface Member {
  inFlight: number;
  /** When it had its last turn, counted in turns. */
  lastTurn: number;
  readonly line: Waiter[];
}

/** The line to one model's server by one credential: for all sandboxes of a host, each in its turn. */
export class ModelGate {
  private limit: AdaptiveLimit;
  private readonly members = new Map<object, Member>();
  private turns = 0;
  private lastUse = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly options?: LimitOptions,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.limit = new AdaptiveLimit(options);
  }

  /** Passing a refusal on is better than trying again. */
  get isHopeless(): boolean {
    return this.limit.refusalsInARow >= HOPELESS;
  }

  isInLine(sandbox: object): boolean {
    const member = this.members.get(sandbox);
    return member !== undefined && member.line.length > 0 && member.inFlight === 0;
  }

  /** A sandbox whose requests go through here, from now until it leaves. */
  join(sandbox: object): void {
    if (!this.members.has(sandbox)) this.members.set(sandbox, { inFlight: 0, lastTurn: 0, line: [] });
  }

  /** What it has under way ends by itself. */
  leave(sandbox: object): void {
    const member = this.members.get(sandbox);
    this.members.delete(sandbox);
    for (const waiter of member?.line.splice(0) ?? []) waiter.fail(aborted());
    this.pump();
  }

  /** Rejects with an EgressFault: MODEL_BUSY where it would wait, or has waited, for too long. */
  async enter(sandbox: object, { maxWaitMs, signal, isAgain = false }: EnterOptions): Promise<Turn> {
    const member = this.members.get(sandbox);
    if (member === undefined || signal.aborted) throw aborted();
    this.forgetOld();
    let waiter: Waiter | undefined;
    const leaveLine = (fault: EgressFault): void => {
      const index = waiter === undefined ? -1 : member.line.indexOf(waiter);
      if (index < 0) return;
      const [left] = member.line.splice(index, 1);
      left?.fail(fault);
    };
    const onAbort = (): void => leaveLine(aborted());
    let deadline: NodeJS.Timeout | undefined;
    try {
      const sent = await new Promise<Sent>((go, fail) => {
        waiter = { until: this.now() + maxWaitMs, go, fail };
        if (isAgain) member.line.unshift(waiter);
        else member.line.push(waiter);
        signal.addEventListener('abort', onAbort, { once: true });
        deadline = setTimeout(() => leaveLine(busy(0)), maxWaitMs);
        this.pump();
      });
      return this.turnOf(member, sent);
    } finally {
      clearTimeout(deadline);
      signal.removeEventListener('abort', onAbort);
    }
  }

  private turnOf(member: Member, sent: Sent): Turn {
    const over = (work: () => void): void => {
      if (sent.state === 'ENDED') return;
      member.inFlight -= 1;
      work();
      this.lastUse = this.now();
      this.pump();
    };
    return {
      accepted: () => {
        this.limit.accept(sent, this.now());
        this.pump();
      },
      refused: (retryAfterMs) => {
        let pauseMs = 0;
        over(() => (pauseMs = this.limit.refuse(sent, this.now(), retryAfterMs)));
        return Math.round(pauseMs);
      },
      ended: () => over(() => this.limit.end(sent)),
    };
  }

  private pump(): void {
    const now = this.now();
    this.sendAway(now);
    while (this.limit.mayStart(now)) {
      const member = this.nextMember();
      const waiter = member?.line.shift();
      if (member === undefined || waiter === undefined) break;
      member.inFlight += 1;
      member.lastTurn = this.turns += 1;
      waiter.go(this.limit.start(now));
    }
    clearTimeout(this.timer);
    const next = [...this.members.values()].some(({ line }) => line.length > 0) && this.limit.nextChange(now);
    if (typeof next !== 'number') return;
    this.timer = setTimeout(() => this.pump(), Math.max(1, Math.ceil(next - now)));
    this.timer.unref();
  }

  /** Those who would still wait when the pause ends, and may not. */
  private sendAway(now: number): void {
    const { opensAt } = this.limit;
    if (opensAt <= now) return;
    for (const { line } of this.members.values())
      for (const waiter of line.filter(({ until }) => until < opensAt)) {
        line.splice(line.indexOf(waiter), 1);
        waiter.fail(busy(opensAt - now));
      }
  }

  /** Who has the least under way, then who has waited for its turn the longest. None has all of it while there are others. */
  private nextMember(): Member | undefined {
    const share = this.members.size > 1 ? Math.max(1, this.limit.current - 1) : this.limit.current;
    let next: Member | undefined;
    for (const member of this.members.values()) {
      if (member.line.length === 0 || member.inFlight >= share) continue;
      if (next === undefined || isBefore(member, next)) next = member;
    }
    return next;
  }

  private forgetOld(): void {
    if (this.limit.count > 0 || this.now() - this.lastUse < FORGET_MS) return;
    if (this.now() >= this.limit.opensAt) this.limit = new AdaptiveLimit(this.options);
  }
}

function isBefore(one: Member, other: Member): boolean {
  return one.inFlight === other.inFlight ? one.lastTurn < other.lastTurn : one.inFlight < other.inFlight;
}

function busy(pauseMs: number): EgressFault {
  const what = 'the model is asked too often: this request had no turn in the time that it may wait';
  return new EgressFault('FAILED', 'MODEL_BUSY', what, undefined, pauseMs);
}

function aborted(): EgressFault {
  return new EgressFault('FAILED', 'CLIENT_ABORTED', 'the client went away');
}
