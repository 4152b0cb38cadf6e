import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { Pager } from './pager.js';
import { StreamSink } from './stream-sink.js';

/** Of what we write it acts on colours alone, and ends by itself where all fits on the screen. */
const LESS = 'FRX';

/**
 * The program that HEDDLE_PAGER or PAGER names, else less; undefined where it is empty, `cat`, or not there. Its words are
 * split at spaces: no shell reads them.
 */
export async function openPager(env: NodeJS.ProcessEnv, terminal: NodeJS.WriteStream): Promise<Pager | undefined> {
  const [program = '', ...args] = (env['HEDDLE_PAGER'] ?? env['PAGER'] ?? 'less')
    .split(' ')
    .filter((word) => word !== '');
  if (program === '' || program === 'cat') return undefined;
  const child = spawn(program, args, { stdio: ['pipe', 'inherit', 'inherit'], env: { LESS, ...env } });
  try {
    await once(child, 'spawn');
  } catch {
    return undefined;
  }
  return new ProcessPager(child, new StreamSink(terminal));
}

class ProcessPager implements Pager {
  readonly isTerminal = true;
  private readonly ended: Promise<unknown>;

  constructor(
    private readonly child: ChildProcessByStdio<Writable, null, null>,
    private readonly terminal: StreamSink,
  ) {
    this.ended = once(child, 'exit');
    // Its reader has seen enough.
    child.stdin.on('error', () => undefined);
  }

  get columns(): number | undefined {
    return this.terminal.columns;
  }

  get rows(): number | undefined {
    return this.terminal.rows;
  }

  write(data: string | Uint8Array): void {
    if (this.child.stdin.writable) this.child.stdin.write(data);
  }

  async drained(): Promise<void> {
    if (this.child.stdin.writableNeedDrain) await Promise.race([once(this.child.stdin, 'drain'), this.ended]);
  }

  async close(): Promise<void> {
    this.child.stdin.end();
    await this.ended;
  }
}
