import type { AttemptServiceService, BatchServiceService, TaskServiceService } from '@heddle/contracts';
import type {
  EnvironmentSecretServiceService,
  EvidenceServiceService,
  GitCredentialServiceService,
  ReconcileTaskServiceService,
  SandboxSpecServiceService,
} from '@heddle/contracts/internal';
import type { GrpcCalls } from '@heddle/platform/grpc-client';

export const CONFIG = Symbol('review config');
export const NATS = Symbol('nats connection');
export const TEMPORAL = Symbol('temporal client');
export const EVIDENCE = Symbol('scheduler: evidence');
export const ENVIRONMENT_SECRETS = Symbol('scheduler: secrets of environments');
export const GIT_CREDENTIALS = Symbol('scheduler: credentials of git remotes');
export const SANDBOX_SPECS = Symbol('scheduler: sandbox specs');
export const RECONCILE_TASKS = Symbol('scheduler: tasks that reconcile');
export const TASKS = Symbol('scheduler: tasks');
export const BATCHES = Symbol('scheduler: batches');
export const ATTEMPTS = Symbol('scheduler: attempts');

export type Evidence = GrpcCalls<typeof EvidenceServiceService>;
export type EnvironmentSecrets = GrpcCalls<typeof EnvironmentSecretServiceService>;
export type GitCredentialCalls = GrpcCalls<typeof GitCredentialServiceService>;
export type SandboxSpecs = GrpcCalls<typeof SandboxSpecServiceService>;
export type ReconcileTasks = GrpcCalls<typeof ReconcileTaskServiceService>;
export type Tasks = GrpcCalls<typeof TaskServiceService>;
export type Batches = GrpcCalls<typeof BatchServiceService>;
export type Attempts = GrpcCalls<typeof AttemptServiceService>;
