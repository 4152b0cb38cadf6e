import type { Batch } from './models.js';
import { resolveConnection } from './environment/resolve-connection.js';
import { Transport, type TransportOptions } from './http/transport.js';
import { AgentTools } from './resources/agent-tools.js';
import { Attempts } from './resources/attempts.js';
import { Batches } from './resources/batches.js';
import { Changes } from './resources/changes.js';
import { Comments } from './resources/comments.js';
import { Credentials } from './resources/credentials.js';
import { Environments } from './resources/environments.js';
import { Events } from './resources/events.js';
import { Forecasts } from './resources/forecasts.js';
import { Jobs } from './resources/jobs.js';
import { LandingQueues } from './resources/landing-queues.js';
import { Landings } from './resources/landings.js';
import { Activities } from './resources/activities.js';
import { Logs } from './resources/logs.js';
import { Overlaps } from './resources/overlaps.js';
import { Prices } from './resources/prices.js';
import { Reconciliations } from './resources/reconciliations.js';
import { Repositories } from './resources/repositories.js';
import { Runners } from './resources/runners.js';
import { System } from './resources/system.js';
import { Tasks } from './resources/tasks.js';
import { followBatch, type FollowOptions } from './waiting/follow-batch.js';

export type HeddleClientOptions = TransportOptions;

/** The public REST API of one Heddle server. Safe to share; it holds no connection of its own. */
export class HeddleClient {
  readonly url: string;
  readonly repositories: Repositories;
  readonly environments: Environments;
  readonly batches: Batches;
  readonly tasks: Tasks;
  readonly attempts: Attempts;
  readonly changes: Changes;
  readonly comments: Comments;
  readonly forecasts: Forecasts;
  readonly overlaps: Overlaps;
  readonly landings: Landings;
  readonly reconciliations: Reconciliations;
  readonly landingQueues: LandingQueues;
  readonly jobs: Jobs;
  readonly events: Events;
  readonly activities: Activities;
  readonly logs: Logs;
  readonly runners: Runners;
  readonly agentTools: AgentTools;
  readonly credentials: Credentials;
  readonly prices: Prices;
  readonly system: System;

  constructor(options: HeddleClientOptions) {
    const transport = new Transport(options);
    this.url = transport.url;
    this.repositories = new Repositories(transport);
    this.environments = new Environments(transport);
    this.batches = new Batches(transport);
    this.tasks = new Tasks(transport);
    this.attempts = new Attempts(transport);
    this.changes = new Changes(transport);
    this.comments = new Comments(transport);
    this.forecasts = new Forecasts(transport);
    this.overlaps = new Overlaps(transport);
    this.landings = new Landings(transport);
    this.reconciliations = new Reconciliations(transport);
    this.landingQueues = new LandingQueues(transport);
    this.jobs = new Jobs(transport);
    this.events = new Events(transport);
    this.activities = new Activities(transport);
    this.logs = new Logs(transport);
    this.agentTools = new AgentTools(transport);
    this.runners = new Runners(transport);
    this.credentials = new Credentials(transport);
    this.prices = new Prices(transport);
    this.system = new System(transport);
  }

  /**
   * The server that HEDDLE_URL and HEDDLE_TOKEN name, else the platform that runs on this machine.
   * @throws {HeddleConfigError} there is none
   */
  static async fromEnvironment(
    env: NodeJS.ProcessEnv = process.env,
    options: Omit<HeddleClientOptions, 'url' | 'token'> = {},
  ): Promise<HeddleClient> {
    return new HeddleClient({ ...options, ...(await resolveConnection(env)) });
  }

  /** The batch now and after every change of it, until it has ended. */
  followBatch(batchId: string, options?: FollowOptions): AsyncGenerator<Batch, void, undefined> {
    return followBatch(this, batchId, options);
  }
}
