import type { Socket } from 'node:net';
import { SandboxError, type BoxSpec, type SandboxDriver } from '@heddle/sandbox';
import type { Logger } from '@heddle/platform/logging';
import type { OpenTerminalParams, TerminalEndReason } from '../../protocol/terminal-protocol.js';
import { TerminalSession } from './terminal-session.js';

/**
 * The terminals of this host. They are on no record: a supervisor that finds something of one has not made it, and its
 * janitor removes it.
 */
export class Terminals {
  private readonly open = new Map<TerminalSession, Promise<void>>();
  /** Sandboxes that are being removed. */
  private readonly closed = new Set<string>();
  private ending = false;

  constructor(
    private readonly driver: SandboxDriver,
    private readonly isThere: (sandbox: string) => Promise<boolean>,
    private readonly logger: Logger,
  ) {}

  /** Those of which the host has or may have something. */
  get boxes(): BoxSpec[] {
    return [...this.open.keys()].map(({ box }) => box);
  }

  /**
   * @param opened called when the program has started
   * @param refused called instead, with why
   */
  serve(
    socket: Socket,
    params: OpenTerminalParams,
    opened: () => void,
    refused: (error: unknown) => void,
  ): TerminalSession {
    const session = new TerminalSession(params, this.driver, socket, this.logger);
    const work = this.run(session, opened)
      .catch(refused)
      .finally(() => this.open.delete(session));
    this.open.set(session, work);
    return session;
  }

  /** Ends when nothing of them is left; none can be opened until `reopen`. */
  async close(sandbox: string): Promise<void> {
    this.closed.add(sandbox);
    await this.endThose((session) => session.sandbox === sandbox, 'SANDBOX_REMOVED');
  }

  reopen(sandbox: string): void {
    this.closed.delete(sandbox);
  }

  /** None can be opened any more. */
  async closeAll(): Promise<void> {
    this.ending = true;
    await this.endThose(() => true, 'PLATFORM_STOPPED');
  }

  private async run(session: TerminalSession, opened: () => void): Promise<void> {
    if (this.ending || this.closed.has(session.sandbox) || !(await this.isThere(session.sandbox)))
      throw new SandboxError('SANDBOX_UNKNOWN', 'the sandbox is gone, or on its way');
    await session.run(opened);
  }

  private async endThose(isMeant: (session: TerminalSession) => boolean, reason: TerminalEndReason): Promise<void> {
    const meant = [...this.open].filter(([session]) => isMeant(session));
    for (const [session] of meant) session.end(reason);
    await Promise.all(meant.map(([, work]) => work));
  }
}
