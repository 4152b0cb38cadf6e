import type { KeepBudget } from '../capacity/kept-body.js';
import type { ModelGates } from '../capacity/model-gates.js';
import type { RuleSet } from '../grant/rule-set.js';
import type { ConnectionSet } from '../limits/connection-set.js';
import type { EgressLimits } from '../limits/egress-limits.js';
import type { Recorder } from '../record/recorder.js';
import type { Authority } from '../tls/authority.js';
import type { Upstream } from './upstream.js';

/** What every part of one sandbox's egress works with. */
export interface EgressContext {
  readonly rules: RuleSet;
  readonly limits: EgressLimits;
  readonly connections: ConnectionSet;
  readonly recorder: Recorder;
  readonly upstream: Upstream;
  /** Of the host. */
  readonly gates: ModelGates;
  readonly keepBudget: KeepBudget;
  /** There if the grant ends TLS anywhere. */
  readonly authority: Authority | undefined;
}
