import type { AgentRunUsage } from '@heddle/contracts/internal';
import type { Logger } from '@heddle/platform/logging';
import type { SupervisorHello } from '../../protocol/supervisor-protocol.js';
import type { Sandbox } from '../sandboxes/sandbox.js';
import type { SandboxSecrets } from '../secrets/sandbox-secrets.js';
import { agentReader } from './agent-reader.js';
import { LogPump } from './log-pump.js';
import type { LogPublisher } from './log-publisher.js';
import { segmentsOf } from './log-segment.js';

/** The pumps of this host's sandboxes. */
export class LogPumps {
  private readonly pumps = new Map<string, Promise<LogPump>>();

  constructor(
    private readonly publisher: LogPublisher,
    private readonly secrets: Pick<SandboxSecrets, 'mask'>,
    private readonly hello: Pick<SupervisorHello, 'inside'>,
    private readonly logger: Logger,
  ) {}

  /** The sandbox's pump, running; it knows what the journal knows. */
  async of(sandbox: Sandbox): Promise<LogPump> {
    let pump = this.pumps.get(sandbox.name);
    if (pump === undefined) {
      pump = this.open(sandbox);
      this.pumps.set(sandbox.name, pump);
      pump.catch(() => this.pumps.delete(sandbox.name));
    }
    return pump;
  }

  /** What a sandbox's agent has told of models so far; empty where its log is not being read. */
  async usage(sandboxName: string): Promise<AgentRunUsage[]> {
    return (await this.pumps.get(sandboxName))?.usage() ?? [];
  }

  /** What a sandbox's agent is doing now, in one line; empty where its log is not being read. */
  async doing(sandboxName: string): Promise<string> {
    return (await this.pumps.get(sandboxName))?.doing() ?? '';
  }

  /** Ends the sandbox's log; waits for JetStream. Rejects where `stopAll` comes first: the log has not ended then. */
  async end(sandbox: Sandbox): Promise<void> {
    await (await this.of(sandbox)).end();
    this.pumps.delete(sandbox.name);
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.pumps.values()].map(async (pump) => (await pump).stop()));
  }

  private async open(sandbox: Sandbox): Promise<LogPump> {
    const pump = new LogPump({
      ownerId: sandbox.owner.id,
      fence: sandbox.owner.fence,
      spool: sandbox.directory.spool,
      activityReader: () => agentReader(this.hello, sandbox),
      mask: () => this.secrets.mask(sandbox),
      publisher: this.publisher,
      logger: this.logger,
    });
    for (const { segment, ended } of segmentsOf(await sandbox.state(), sandbox.spec.checks))
      pump.addSegment(segment, ended);
    pump.start();
    return pump;
  }
}
