/** Reason class of a verdict by which a landing queue sends a change back to its author. */
export const LANDING_FAILED = 'LANDING_FAILED';

/** Reason class of a verdict that passes on what people ask for at a forge, of a landing's open request. */
export const FORGE_REVIEW = 'FORGE_REVIEW';
