import type { StopRule } from '../processes/process-spec.js';

/** Where everything is that a service may be told about. */
export interface Wiring {
  readonly dataDirectory: string;
  readonly host: string;
  readonly httpPort: number;
  readonly grpcPort: number;
  readonly schedulerPort: number;
  readonly reviewPort: number;
  readonly supervisorSocket: string;
  readonly adminToken: string;
  readonly internalToken: string;
  readonly databaseUrl: string;
  readonly natsUrl: string;
  readonly natsToken: string | undefined;
  readonly temporalAddress: string;
  readonly temporalNamespace: string;
}

/** One process of the platform: which file, with which settings, and how it is stopped. */
export interface ServiceDefinition {
  readonly name: string;
  /** Relative to the repository's root. */
  readonly entry: string;
  /** Run to its end before any service starts. */
  readonly migration?: string;
  /** Groups start one after the other, the members of one together; the first beside the migrations. */
  readonly startGroup: number;
  /** Likewise for stopping: first the door, then what runs agents, then what keeps their results. */
  readonly stopGroup: number;
  /** `http`: `/readyz` on its health port; `socket`: it accepts on the supervisor's socket. */
  readonly readiness: 'http' | 'socket';
  readonly stop: StopRule;
  /** How one that an earlier launcher left behind is ended. */
  readonly takeOver: StopRule;
  settings(wiring: Wiring): NodeJS.ProcessEnv;
}

const LOOPBACK = '127.0.0.1';
const scheduler = (wiring: Wiring): string => `${LOOPBACK}:${wiring.schedulerPort}`;
const review = (wiring: Wiring): string => `${LOOPBACK}:${wiring.reviewPort}`;

/** A left-over runner or supervisor must not take its end for an orderly stop, which would stop its agents. */
const AT_ONCE: StopRule = { signal: 'SIGKILL', deadlineMs: 5_000 };
const LEAVING_AGENTS: StopRule = { signal: 'SIGUSR2', deadlineMs: 5_000 };
const POLITELY: StopRule = { signal: 'SIGTERM', deadlineMs: 5_000 };

export const SERVICES: readonly ServiceDefinition[] = [
  {
    name: 'supervisor',
    entry: 'services/sandbox-runner/dist/supervisor/main.js',
    startGroup: 1,
    stopGroup: 3,
    readiness: 'socket',
    // On SIGTERM it stops every agent and keeps what they made, which takes each agent's grace.
    stop: { signal: 'SIGTERM', deadlineMs: 45_000 },
    takeOver: LEAVING_AGENTS,
    settings: (wiring) => ({ HEDDLE_SUPERVISOR_SOCKET: wiring.supervisorSocket }),
  },
  {
    name: 'review',
    entry: 'services/review/dist/main.js',
    migration: 'services/review/dist/migrate.js',
    startGroup: 2,
    stopGroup: 4,
    readiness: 'http',
    stop: { signal: 'SIGTERM', deadlineMs: 20_000 },
    takeOver: POLITELY,
    settings: (wiring) => ({
      HEDDLE_REVIEW_PORT: String(wiring.reviewPort),
      HEDDLE_SCHEDULER_ADDRESS: scheduler(wiring),
    }),
  },
  {
    name: 'scheduler',
    entry: 'services/scheduler/dist/main.js',
    migration: 'services/scheduler/dist/migrate.js',
    startGroup: 2,
    stopGroup: 4,
    readiness: 'http',
    stop: { signal: 'SIGTERM', deadlineMs: 20_000 },
    takeOver: POLITELY,
    settings: (wiring) => ({
      HEDDLE_SCHEDULER_PORT: String(wiring.schedulerPort),
      HEDDLE_REVIEW_ADDRESS: review(wiring),
    }),
  },
  {
    name: 'sandbox-runner',
    entry: 'services/sandbox-runner/dist/main.js',
    startGroup: 2,
    stopGroup: 2,
    readiness: 'http',
    stop: { signal: 'SIGTERM', deadlineMs: 20_000 },
    takeOver: AT_ONCE,
    settings: (wiring) => ({
      HEDDLE_SUPERVISOR_SOCKET: wiring.supervisorSocket,
      HEDDLE_SCHEDULER_ADDRESS: scheduler(wiring),
      HEDDLE_REVIEW_ADDRESS: review(wiring),
    }),
  },
  {
    name: 'gateway',
    entry: 'services/gateway/dist/main.js',
    startGroup: 2,
    stopGroup: 1,
    readiness: 'http',
    stop: { signal: 'SIGTERM', deadlineMs: 15_000 },
    takeOver: POLITELY,
    settings: (wiring) => ({
      HEDDLE_HOST: wiring.host,
      HEDDLE_HTTP_PORT: String(wiring.httpPort),
      HEDDLE_GRPC_PORT: String(wiring.grpcPort),
      HEDDLE_ADMIN_TOKEN: wiring.adminToken,
      HEDDLE_SCHEDULER_ADDRESS: scheduler(wiring),
      HEDDLE_REVIEW_ADDRESS: review(wiring),
    }),
  },
];

/** The services in groups, in the order of the groups' numbers. */
export function grouped(
  services: readonly ServiceDefinition[],
  by: (service: ServiceDefinition) => number,
): ServiceDefinition[][] {
  const numbers = [...new Set(services.map(by))].sort((a, b) => a - b);
  return numbers.map((number) => services.filter((service) => by(service) === number));
}
