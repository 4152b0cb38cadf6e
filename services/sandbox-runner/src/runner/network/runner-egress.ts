import type { SandboxSpec } from '@heddle/contracts/internal';
import { offeredDriver, SandboxError, type BoxSpec } from '@heddle/sandbox';
import { systemResolve, type Resolve } from '@heddle/egress';
import type { Logger } from '@heddle/platform/logging';
import type { Params, SupervisorHello } from '../../protocol/supervisor-protocol.js';
import type { Sandbox } from '../sandboxes/sandbox.js';
import type { SandboxSecrets } from '../secrets/sandbox-secrets.js';
import type { SupervisorClient } from '../supervisor/supervisor-client.js';
import { egressCredentials } from './egress-credential.js';
import { planEgress } from './egress-plan.js';
import { modelRoute, requireOpen } from './model-access.js';
import { hasNetwork, networkOf, reachesModel } from './network-of.js';
import type { Presets } from './presets/presets.js';

export interface RunnerEgressOptions {
  readonly hello: SupervisorHello;
  readonly supervisor: SupervisorClient;
  readonly secrets: Pick<SandboxSecrets, 'of' | 'model'>;
  readonly presets: Presets;
  readonly privateHosts: readonly string[];
  /** How long a request to a model may wait in line; 0: there is none. */
  readonly modelWaitMs: number;
  readonly logger: Logger;
  /** By default as every program of the host asks. */
  readonly resolve?: Resolve;
}

type Granted = Params<'grantEgress'>;

/** Tells the supervisor what boxes may reach, and tells every supervisor that comes after it again. */
export class RunnerEgress {
  private readonly granted = new Map<string, Granted>();

  constructor(private readonly options: RunnerEgressOptions) {
    options.supervisor.onConnect(() => {
      this.grantAgain();
    });
  }

  /** EGRESS_UNAVAILABLE, with the reason, where an environment, or an agent's model, wants a network that this runner's boxes can't have. */
  requireFor(spec: SandboxSpec): void {
    const description = offeredDriver(this.options.hello, spec.driver);
    const wanted = (['SETUP', 'AGENT'] as const).some((phase) => hasNetwork(spec, phase));
    if (!wanted || description.network === true) return;
    throw new SandboxError(
      'EGRESS_UNAVAILABLE',
      `${reachesModel(spec) ? 'The agent reaches a model by a credential' : 'The environment allows hosts'}, and sandboxes of this runner can have no network but none at all (driver ${description.driver}, boundary ${description.boundary}: it takes a supervisor that runs as root, and of container engines Podman)`,
    );
  }

  /**
   * Runs `work` with the box's network granted; a box without one needs nothing. `work` gets the variables that its
   * process is to have, and is done again where the supervisor that knew the grant died before the start.
   */
  async during<T>(
    sandbox: Sandbox,
    box: BoxSpec,
    signal: AbortSignal,
    work: (environment: Readonly<Record<string, string>>) => Promise<T>,
  ): Promise<T> {
    const { network } = box;
    if (network === undefined) return work({});
    const { secrets, presets, privateHosts, modelWaitMs, supervisor, resolve = systemResolve } = this.options;
    const rules = networkOf(sandbox.spec, network.phase);
    const credentials = egressCredentials(await secrets.of(sandbox, signal));
    const model = network.phase === 'AGENT' ? await secrets.model(sandbox, signal) : undefined;
    const route = model === undefined ? undefined : modelRoute(model, privateHosts, modelWaitMs);
    if (model !== undefined) await requireOpen(model, privateHosts, resolve);
    const plan = await planEgress(rules, credentials, presets, privateHosts, route);
    const granted = { sandbox: sandbox.name, box: box.name, grant: plan.grant, files: plan.files };
    this.granted.set(box.name, granted);
    try {
      for (;;) {
        await supervisor.call('grantEgress', granted, signal);
        try {
          return await work(plan.environment);
        } catch (error) {
          if (!SandboxError.is(error) || error.reason !== 'EGRESS_NOT_GRANTED') throw error;
        }
      }
    } finally {
      this.granted.delete(box.name);
    }
  }

  private grantAgain(): void {
    for (const granted of this.granted.values())
      this.options.supervisor.call('grantEgress', granted).catch((error: unknown) => {
        this.options.logger.error({ err: error, box: granted.box }, 'a box was not given its network back');
      });
  }
}
