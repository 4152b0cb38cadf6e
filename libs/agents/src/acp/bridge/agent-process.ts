import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { ndJsonStream, type Stream } from '@agentclientprotocol/sdk';

const GRACE_MS = 2_000;
const GONE_MS = 500;

/** The agent's program, spoken to over its standard input and output; what it says on its error output is the bridge's. */
export class AgentProcess {
  readonly stream: Stream;
  /** Never rejects; words for how it ended. */
  private readonly gone: Promise<string>;

  private constructor(private readonly child: ChildProcess & { readonly stdin: Writable; readonly stdout: Readable }) {
    this.stream = ndJsonStream(Writable.toWeb(child.stdin), Readable.toWeb(child.stdout));
    // Whatever is written to a dead one is lost, and `gone` says why.
    child.stdin.on('error', () => undefined);
    this.gone = new Promise((resolve) => {
      child.once('error', (error) => resolve(`could not be started: ${error.message}`));
      child.once('exit', (code, signal) => resolve(`ended with ${signal ?? `exit code ${String(code)}`}`));
    });
  }

  static start([program = '', ...args]: readonly string[], workspace: string): AgentProcess {
    return new AgentProcess(spawn(program, args, { cwd: workspace, stdio: ['pipe', 'pipe', 'inherit'] }));
  }

  /** Its connection breaks a moment before it is known how it ended; undefined for one that goes on. */
  async goneSoon(): Promise<{ readonly cause: 'GONE'; readonly message: string } | undefined> {
    const end = await Promise.race([this.gone, delay(GONE_MS, undefined, { ref: false })]);
    return end === undefined ? undefined : { cause: 'GONE', message: `the agent ${end} before its turn was over` };
  }

  /** Its input ends, so that it ends as it likes to and keeps its session; then SIGTERM, then SIGKILL. */
  async end(): Promise<void> {
    const { child } = this;
    child.stdin.end();
    for (const signal of [undefined, 'SIGTERM', 'SIGKILL'] as const) {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      if (signal !== undefined) child.kill(signal);
      await Promise.race([once(child, 'exit'), delay(GRACE_MS, undefined, { ref: false })]);
    }
  }
}
