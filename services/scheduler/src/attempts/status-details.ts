/** Whose matter a status detail is, and what it says to a person. One entry for each that an attempt or a job may have. */
const DETAILS = {
  NO_FREE_SLOT: ['CAPACITY', 'Waits for a free slot on a runner'],
  RUNNER_LOST: ['PLATFORM', 'The runner was lost; another one is asked for'],
  WAITING_FOR_CAPACITY: ['CAPACITY', 'Waits until its model has room for it'],
  REVIEW_BACKLOG: [
    'POLICY',
    'Held: its reviewers have more to do than their limit, and its task has an earlier attempt; it begins when it is less',
  ],
  AGENT_LOST: ['PLATFORM', 'The agent vanished without a trace of its end'],
  AGENT_NO_CHANGES: ['WORK', 'The agent ended well and changed nothing'],
  AGENT_NO_ANSWER: ['WORK', 'The agent ended well without a word of answer, which is all that was asked for'],
  ASK_LEFT_CHANGE: ['WORK', 'The agent was to answer only, and changed the tree; what it left is kept to be looked at'],
  PLAN_LEFT_CHANGE: ['WORK', 'The agent was to plan only, and changed the tree; what it left is kept to be looked at'],
  PLAN_APPROVAL: ['USER', 'Its plan waits for approval; nothing of it runs meanwhile'],
  AGENT_EXIT_CODE: ['WORK', 'The agent ended with an exit code other than 0; what it made is kept as a partial change'],
  AGENT_KILLED_BY_SIGNAL: ['WORK', 'The agent was ended by a signal'],
  AGENT_COMMAND_NOT_RUNNABLE: ['USER', 'The command does not exist in the sandbox or cannot be run there'],
  AGENT_AUTH_FAILED: ['USER', 'The model refused the credential: look at it, then start the attempt again'],
  AGENT_QUOTA_EXHAUSTED: ['USER', "The credential's account at the model has no credit left"],
  AGENT_RATE_LIMITED: ['CAPACITY', 'The model refused for its rate or load until the agent gave up'],
  AGENT_CONTEXT_EXHAUSTED: ['WORK', 'The conversation became too long for the model; smaller tasks help'],
  AGENT_STREAM_LOST: ['PLATFORM', "The model's answer broke off or did not come"],
  AGENT_REFUSED_TOOL: ['WORK', 'The agent was not let do what it needed to do'],
  AGENT_STUCK: ['WORK', 'The agent made no progress any more; what was there is kept'],
  AGENT_CRASHED: ['WORK', 'The agent ended without saying how its turn ended; what was there is kept'],
  AGENT_ERROR: ['WORK', 'The agent reports an error; its log and activity say which'],
  PAUSED: ['USER', 'Paused: nothing in its sandbox runs until it is resumed, and its time limit stands still'],
  CANCELLED_BY_USER: ['USER', 'Cancelled; what was there is kept'],
  SIBLING_PASSED: ['POLICY', 'Stopped early: another attempt of its task passed every check; what was there is kept'],
  TURN_INTERRUPTED: ['USER', 'A message ended the turn; what was there is kept, and the next turn goes on with it'],
  TIME_LIMIT: ['POLICY', 'The time limit was reached; what was there is kept'],
  BUDGET_EXHAUSTED: ['POLICY', 'The budget was used up; what was there is kept'],
  MEMORY_LIMIT: ['POLICY', 'The sandbox needed more memory than its limit; what was there is kept'],
  DISK_LIMIT: ['POLICY', 'The sandbox wrote more bytes or files than its limit; what was there is kept'],
  OUTPUT_LIMIT: ['POLICY', 'The agent printed more than its limit; what came after it was dropped'],
  PROCESS_LIMIT: ['POLICY', 'The sandbox needed more processes than its limit; what was there is kept'],
  IDLE_LIMIT: ['POLICY', 'The agent neither printed nor worked for as long as its limit; what was there is kept'],
  HOST_DISK_FULL: ['PLATFORM', "The runner's disk did not take what the sandbox wrote; what was there is kept"],
  SETUP_SCRIPT_FAILED: ['USER', "The environment's set-up script failed; its log says why"],
  SETUP_SECRET_IN_LAYER: ['USER', "The environment's set-up left the value of a secret in a file"],
  CHECK_FAILED: ['WORK', 'A check of the environment is not green; its log says why'],
  SETUP_LAYER_BUILDING: ['CAPACITY', 'Waits for the set-up that another attempt runs for the same environment'],
  SECRET_IN_CHANGE: [
    'POLICY',
    'The tree holds the value of a secret: it can be neither approved nor landed until a turn removes it',
  ],
  ROOTFS_NOT_ALLOWED: [
    'USER',
    "The environment's root file system is none that the runner's operator allows; the message says what to do",
  ],
  AGENT_NOT_INSTALLED: ['USER', "The agent's program is not installed in this version; the message says what to do"],
  AGENT_INSTALL_FAILED: ['PLATFORM', "The runner could not install the agent's program; the message says why"],
  DRIVER_NOT_AVAILABLE: [
    'USER',
    'The environment asks for a sandbox driver that its runners do not have; the message says what to do',
  ],
  EGRESS_UNAVAILABLE: ['PLATFORM', 'The way to the network that the environment allows could not be opened'],
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
