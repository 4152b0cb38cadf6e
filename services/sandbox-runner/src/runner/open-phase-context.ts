import { join } from 'node:path';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Logger } from '@heddle/platform/logging';
import { CheckpointService } from './capture/checkpoint-service.js';
import { hostFacts } from './layers/layer-plan.js';
import { openLayers } from './layers/open-layers.js';
import { TrackedTrees } from './layers/tracked-trees.js';
import { LogPublisher } from './logs/log-publisher.js';
import { LogPumps } from './logs/log-pumps.js';
import { EgressReports } from './network/egress-reports.js';
import { HostPresets } from './network/presets/host-presets.js';
import { RunnerEgress } from './network/runner-egress.js';
import { Clearing } from './phases/clearing.js';
import type { PhaseContext } from './phases/phase-context.js';
import { clear } from './phases/release.phase.js';
import { BaseStore } from './repositories/base-store.js';
import { MirrorStore } from './repositories/mirror-store.js';
import { UidAllocator } from './repositories/uid-allocator.js';
import { limitDefaults, turnLimits, type RunnerConfig } from './runner.config.js';
import { SandboxStore } from './sandboxes/sandbox-store.js';
import { SandboxUids } from './sandboxes/sandbox-uids.js';
import { SandboxSecrets } from './secrets/sandbox-secrets.js';
import { createGitStore } from './service-clients/git-store.js';
import { createSandboxSpecs } from './service-clients/sandbox-specs.js';
import { SlotPool } from './slots/slot-pool.js';
import { openTools } from './tools/open-tools.js';
import { SupervisorClient } from './supervisor/supervisor-client.js';

const CLAIM_LIFE_MS = 120_000;
const CHECKPOINT_PACE = { leastMs: 5_000, storedMs: 15_000, mostMs: 60_000 };

export interface OpenPhaseContext {
  readonly context: PhaseContext;
  close(): void;
}

/** Puts together what the phases work with. Waits for the supervisor. */
export async function openPhaseContext(
  config: RunnerConfig,
  nats: NatsConnection,
  logger: Logger,
): Promise<OpenPhaseContext> {
  const directory = join(config.HEDDLE_DATA_DIR, 'runner');
  const token = config.HEDDLE_INTERNAL_TOKEN;
  const supervisor = new SupervisorClient(config.HEDDLE_SUPERVISOR_SOCKET);
  const hello = await supervisor.call('hello', {});
  const store = createGitStore(config.HEDDLE_REVIEW_ADDRESS, token);
  const specs = createSandboxSpecs(config.HEDDLE_SCHEDULER_ADDRESS, config.HEDDLE_REVIEW_ADDRESS, token);
  const secrets = new SandboxSecrets(specs);
  const mirrors = new MirrorStore(join(directory, 'mirrors'), store);
  const bases = new BaseStore(join(directory, 'bases'), mirrors, new UidAllocator(directory));
  const sandboxes = new SandboxStore(
    join(directory, 'sandboxes'),
    bases,
    hello.description.usersPerSandbox ? new SandboxUids(directory) : undefined,
    limitDefaults(config),
  );
  await sandboxes.prepare();
  const { layers, builds } = await openLayers(directory, config.HEDDLE_LAYER_BUDGET_BYTES, logger);
  const presets = new HostPresets();
  const context: PhaseContext = {
    hello,
    supervisor,
    sandboxes,
    slots: new SlotPool({ slots: config.HEDDLE_RUNNER_SLOTS, claimLifeMs: CLAIM_LIFE_MS }),
    specs,
    tools: await openTools({
      hello,
      supervisor,
      sandboxes,
      directory: join(directory, 'agents'),
      packages: config.HEDDLE_AGENT_PACKAGES,
      logger,
    }),
    store,
    secrets,
    mirrors,
    trees: new TrackedTrees(),
    layers,
    builds,
    hostFacts: await hostFacts(hello.description),
    checkpoints: new CheckpointService(supervisor, hello, store, secrets),
    logs: new LogPumps(new LogPublisher(nats), secrets, hello, logger),
    egress: new RunnerEgress({
      hello,
      supervisor,
      secrets,
      presets,
      privateHosts: config.HEDDLE_EGRESS_PRIVATE_HOSTS,
      modelWaitMs: config.HEDDLE_MODEL_WAIT_DURATION * 1_000,
      logger,
    }),
    egressReports: new EgressReports(specs, secrets, logger),
    clearing: new Clearing((sandbox, isEvicted) => clear(context, sandbox, isEvicted), logger),
    logger,
    turnLimits: turnLimits(config),
    checkpointPace: CHECKPOINT_PACE,
  };
  const close = (): void => {
    context.egressReports.stopAll();
    supervisor.close();
    store.close();
    specs.close();
  };
  return { context, close };
}
