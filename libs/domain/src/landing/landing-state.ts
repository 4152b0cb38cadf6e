export const LANDING_STATES = [
  'NONE',
  'QUEUED',
  'TESTING',
  'PUSHING',
  'PROPOSED',
  'LANDED',
  'CONFLICTED',
  'EJECTED',
] as const;
/** Where a change is on its way into the branch. NONE is an attempt's word for "never enqueued". */
export type LandingState = (typeof LANDING_STATES)[number];

/**
 * TESTING → QUEUED is a new tip (someone else pushed). QUEUED and CONFLICTED → LANDED is a reconciliation that landed with
 * this change in it. What has conflicted and lands after all, in a new turn or as it is, is another landing. PUSHING → EJECTED
 * is only the remote's refusal: an eject by a person waits until the branch is decided.
 * PROPOSED → QUEUED is a new head for the open request; what falls out on its way there is PROPOSED again, as it was.
 */
const NEXT: Readonly<Record<LandingState, readonly LandingState[]>> = {
  NONE: ['QUEUED'],
  QUEUED: ['TESTING', 'PUSHING', 'PROPOSED', 'CONFLICTED', 'EJECTED', 'LANDED'],
  TESTING: ['PUSHING', 'PROPOSED', 'QUEUED', 'EJECTED', 'CONFLICTED'],
  PUSHING: ['LANDED', 'QUEUED', 'EJECTED', 'PROPOSED'],
  PROPOSED: ['LANDED', 'EJECTED', 'QUEUED'],
  LANDED: [],
  CONFLICTED: ['EJECTED', 'LANDED'],
  EJECTED: [],
};

export function canLandingMove(from: LandingState, to: LandingState): boolean {
  return NEXT[from].includes(to);
}

/** The landing needs nobody's attention any more, or waits for somebody's: the queue passes it by. */
export function isLandingSettled(state: LandingState): boolean {
  return state === 'LANDED' || state === 'EJECTED' || state === 'CONFLICTED';
}
