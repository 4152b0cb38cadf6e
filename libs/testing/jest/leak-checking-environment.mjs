import { TestEnvironment } from 'jest-environment-node';
import { childrenOf } from '@heddle/testing/run';

/** Fails a test file that leaves a child process behind: it would outlive the run, and a later file would meet it. */
export default class LeakCheckingEnvironment extends TestEnvironment {
  async setup() {
    await super.setup();
    this.before = new Set(childrenOf(process.pid).map(({ pid }) => pid));
  }

  async handleTestEvent(event) {
    if (event.name !== 'run_finish') return;
    const left = await this.leftChildren();
    if (left.length === 0) return;
    const list = left.map(({ pid, command }) => `  ${pid} ${command}`).join('\n');
    throw new Error(`Processes that these tests started are still running:\n${list}`);
  }

  /** Those that are just ending get a moment. */
  async leftChildren() {
    const deadline = performance.now() + 3_000;
    for (;;) {
      const left = childrenOf(process.pid).filter(({ pid }) => !this.before.has(pid));
      if (left.length === 0 || performance.now() > deadline) return left;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
