import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Stage } from './work-tree.js';
import type { Step } from './steps.js';

const PROGRAM = fileURLToPath(new URL('../../../dist/fuzz/capture/agent-main.js', import.meta.url));

/** A process of the sandbox's user that does what an agent might. */
export class Agent {
  private readonly child: ChildProcess;

  constructor(uid: number) {
    this.child = fork(PROGRAM, [], {
      uid,
      gid: uid,
      cwd: '/',
      env: { PATH: process.env['PATH'], HOME: '/nonexistent' },
    });
  }

  /** What was done, for people. */
  async perform(stage: Stage, steps: readonly Step[]): Promise<string[]> {
    const ended = new AbortController();
    const { signal } = ended;
    const answer = once(this.child, 'message', { signal }) as Promise<[string[]]>;
    const gone = once(this.child, 'exit', { signal }).then(() => {
      throw new Error('the agent of the fuzz died');
    });
    this.child.send({ stage, steps });
    try {
      return (await Promise.race([answer, gone]))[0];
    } finally {
      ended.abort();
      await Promise.allSettled([answer, gone]);
    }
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }
}
