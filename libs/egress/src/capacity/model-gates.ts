import type { LimitOptions } from './adaptive-limit.js';
import { KeepBudget } from './kept-body.js';
import { ModelGate } from './model-gate.js';

/** Many sandboxes with large requests at once must not take the memory of the process that serves them all. */
const MAX_KEPT_BYTES = 256 * 1024 ** 2;

/**
 * The gates of a host, by name. They are kept for the life of the process, and with them what was learned: there are no
 * more than credentials.
 */
export class ModelGates {
  /** Of the bodies that all sandboxes have in line. */
  readonly keepBudget = new KeepBudget(MAX_KEPT_BYTES);
  private readonly gates = new Map<string, ModelGate>();

  constructor(private readonly options?: LimitOptions) {}

  gate(name: string): ModelGate {
    let gate = this.gates.get(name);
    if (gate === undefined) this.gates.set(name, (gate = new ModelGate(this.options)));
    return gate;
  }
}
