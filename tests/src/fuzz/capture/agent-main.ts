// The agent of the fuzz, as a process of the sandbox's own user: does the steps that it is sent.
import { perform } from './perform.js';
import type { Stage } from './work-tree.js';
import type { Step } from './steps.js';

export interface Order {
  readonly stage: Stage;
  readonly steps: readonly Step[];
}

process.on('message', (order: Order) => {
  const said = order.steps.map((step) => perform(order.stage, step));
  process.send?.(said);
});
