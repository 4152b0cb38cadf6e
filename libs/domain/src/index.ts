export { AGENT_KINDS, type KnownAgentKind } from './agent/agent-kinds.js';
export { ATTEMPT_END_STATES, ATTEMPT_STATES, canMove, isEndState, type AttemptState } from './attempt/attempt-state.js';
export { judgeTurn, type AttemptVerdict, type StopReason, type TurnEvidence } from './attempt/judge-turn.js';
export { batchState, ROLLUP_STATES, taskState, type BatchState, type RollupState } from './batch/rollup-state.js';
export { fieldInvalid, HeddleError, type FieldViolation, type HeddleErrorOptions } from './errors/heddle-error.js';
export { GrpcCode, isReason, REASONS, type Reason, type ReasonEntry } from './errors/reasons.js';
export { isRefName } from './git/ref-name.js';
export { canLandingMove, isLandingSettled, LANDING_STATES, type LandingState } from './landing/landing-state.js';
export { OVERLAP_LEVELS, strongest, type OverlapLevel } from './overlap/overlap-level.js';
