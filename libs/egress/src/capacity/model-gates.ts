import type { LimitOptions } from './adaptive-limit.js';
import { ModelGate } from './model-gate.js';

/**
 * The gates of a host, by name. They are kept for the life of the process, and with them what was learned: there are no
 * more than credentials.
 */
export class ModelGates {
  private readonly gates = new Map<string, ModelGate>();

  constructor(private readonly options?: LimitOptions) {}

  gate(name: string): ModelGate {
    let gate = this.gates.get(name);
    if (gate === undefined) this.gates.set(name, (gate = new ModelGate(this.options)));
    return gate;
  }
}
