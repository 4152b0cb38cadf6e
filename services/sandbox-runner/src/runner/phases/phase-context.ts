import type { Logger } from '@heddle/platform/logging';
import type { SupervisorHello } from '../../protocol/supervisor-protocol.js';
import type { CheckpointPace } from '../capture/checkpoint-pace.js';
import type { CheckpointService } from '../capture/checkpoint-service.js';
import type { LayerBuilds } from '../layers/layer-builds.js';
import type { LayerStore } from '../layers/layer-store.js';
import type { TrackedTrees } from '../layers/tracked-trees.js';
import type { LogPumps } from '../logs/log-pumps.js';
import type { EgressReports } from '../network/egress-reports.js';
import type { RunnerEgress } from '../network/runner-egress.js';
import type { Clearing } from './clearing.js';
import type { TurnLimits } from './turn-watch.js';
import type { MirrorStore } from '../repositories/mirror-store.js';
import type { SandboxSecrets } from '../secrets/sandbox-secrets.js';
import type { SandboxStore } from '../sandboxes/sandbox-store.js';
import type { GitStore } from '../service-clients/git-store.js';
import type { SandboxSpecs } from '../service-clients/sandbox-specs.js';
import type { SlotPool } from '../slots/slot-pool.js';
import type { AgentTools } from '../tools/agent-tools.js';
import type { SupervisorClient } from '../supervisor/supervisor-client.js';

/** What the phases work with; made once per process. */
export interface PhaseContext {
  readonly hello: SupervisorHello;
  readonly supervisor: SupervisorClient;
  readonly sandboxes: SandboxStore;
  readonly slots: SlotPool;
  readonly specs: SandboxSpecs;
  readonly tools: AgentTools;
  readonly store: GitStore;
  readonly secrets: SandboxSecrets;
  readonly mirrors: MirrorStore;
  readonly trees: TrackedTrees;
  readonly layers: LayerStore;
  readonly builds: LayerBuilds;
  /** What a set-up finds of this host, whichever sandbox it runs in. */
  readonly hostFacts: readonly string[];
  readonly checkpoints: CheckpointService;
  readonly logs: LogPumps;
  readonly egress: RunnerEgress;
  readonly egressReports: EgressReports;
  readonly clearing: Clearing;
  readonly logger: Logger;
  readonly turnLimits: TurnLimits;
  /** Of looks at a running agent's tree. */
  readonly checkpointPace: CheckpointPace;
}

/** How often a process that the platform's own going down ended is started anew. */
export const MAX_TRIES = 5;
