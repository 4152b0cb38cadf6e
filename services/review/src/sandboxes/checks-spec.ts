import type { Check } from '@heddle/contracts';
import type { SandboxSecret, SandboxSpec } from '@heddle/contracts/internal';
import { durationMs } from '@heddle/platform/waiting';
import type { EnvironmentSecrets } from '../shared/tokens.js';

/** A check without a time limit of its own gets the platform's. */
const CHECK_TIMEOUT_MS = 600_000;

/** Milliseconds that checks may take together, one after another. */
export function checksTimeoutMs(checks: readonly Check[]): number {
  return checks.reduce((sum, { timeout }) => sum + (timeout === undefined ? CHECK_TIMEOUT_MS : durationMs(timeout)), 0);
}

/**
 * A sandbox for checks alone over another tree, in the environment of an attempt.
 * @param spec the attempt's
 */
export function checksSpec(
  spec: SandboxSpec,
  over: Pick<SandboxSpec, 'baseCommit' | 'commit' | 'traceparent'> & Partial<Pick<SandboxSpec, 'owner'>>,
): SandboxSpec {
  return {
    ...spec,
    agent: undefined,
    prompt: '',
    // Checks reach nothing; a set-up layer may have to be made before them. The sandbox is not kept.
    network: spec.network === undefined ? undefined : { setup: spec.network.setup, agent: [] },
    keepDuration: undefined,
    ended: false,
    ...over,
  };
}

/** Those of the set-up only: nothing of such a sandbox reaches a network with credentials. */
export async function setupSecrets(
  secrets: EnvironmentSecrets,
  { environmentId }: Pick<SandboxSpec, 'environmentId'>,
): Promise<SandboxSecret[]> {
  // A spec of before environments had secrets.
  if (environmentId === '') return [];
  return (await secrets.getSetupSecrets({ environmentId })).secrets;
}
