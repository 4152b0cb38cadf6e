/** Whose matter a status detail is, and what it says to a person. One entry for each that this service writes. */
const DETAILS = {
  NO_FREE_SLOT: ['CAPACITY', 'Waits for a free slot on a runner'],
  RUNNER_LOST: ['PLATFORM', 'The runner was lost; the attempt is claimed again'],
  AGENT_LOST: ['PLATFORM', 'The agent vanished without a trace of its end'],
  AGENT_NO_CHANGES: ['WORK', 'The agent ended well and changed nothing'],
  AGENT_EXIT_CODE: ['WORK', 'The agent ended with an exit code other than 0; what it made is kept as a partial change'],
  AGENT_KILLED_BY_SIGNAL: ['WORK', 'The agent was ended by a signal'],
  AGENT_COMMAND_NOT_RUNNABLE: ['USER', 'The command does not exist in the sandbox or cannot be run there'],
  CANCELLED_BY_USER: ['USER', 'Cancelled; what was there is kept'],
  TIME_LIMIT: ['POLICY', 'The time limit was reached; what was there is kept'],
  BUDGET_EXHAUSTED: ['POLICY', 'The budget was used up; what was there is kept'],
  PROVISION_FAILED: ['PLATFORM', 'The sandbox could not be made'],
  CAPTURE_FAILED: ['PLATFORM', 'The tree could not be captured; the raw files are kept on the runner'],
  TERMINATED_BY_OPERATOR: ['POLICY', 'An operator ended the workflow'],
} as const satisfies Record<string, readonly ['WORK' | 'PLATFORM' | 'CAPACITY' | 'USER' | 'POLICY', string]>;

type Detail = keyof typeof DETAILS;

function known(detail: string): detail is Detail {
  return Object.hasOwn(DETAILS, detail);
}

export function causeOf(detail: string): 'WORK' | 'PLATFORM' | 'CAPACITY' | 'USER' | 'POLICY' {
  return known(detail) ? DETAILS[detail][0] : 'PLATFORM';
}

export function explain(detail: string): string {
  return known(detail) ? DETAILS[detail][1] : '';
}
