/** How a dry run of an environment's set-up ended. NONE: the environment has no set-up. */
export interface SetupEvidence {
  readonly outcome: 'SUCCEEDED' | 'FAILED' | 'STOPPED' | 'NONE';
  /** Why it FAILED. */
  readonly reason: string;
  readonly message: string;
}

export interface CheckEvidence {
  readonly name: string;
  readonly state: string;
  readonly advisory: boolean;
}

export interface ValidationVerdict {
  readonly state: 'SUCCEEDED' | 'FAILED' | 'CANCELLED';
  readonly statusDetail: string;
  readonly message: string;
}

/** What an environment's dry run says of it. A check that only advises fails nothing. */
export function judgeValidation(setup: SetupEvidence, checks: readonly CheckEvidence[]): ValidationVerdict {
  if (setup.outcome === 'STOPPED') return { state: 'CANCELLED', statusDetail: 'CANCELLED_BY_USER', message: '' };
  if (setup.outcome === 'FAILED') return { state: 'FAILED', statusDetail: setup.reason, message: setup.message };
  const red = checks.filter(({ state, advisory }) => !advisory && state !== 'PASSED' && state !== 'SKIPPED');
  if (red.length === 0) return { state: 'SUCCEEDED', statusDetail: '', message: '' };
  const message = `not green: ${red.map(({ name, state }) => `${name} (${state})`).join(', ')}`;
  return { state: 'FAILED', statusDetail: 'CHECK_FAILED', message };
}
