/** Reason class of a verdict by which a landing queue sends a change back to its author. */
export const LANDING_FAILED = 'LANDING_FAILED';
