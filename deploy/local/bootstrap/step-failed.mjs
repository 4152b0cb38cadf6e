/** A step of the set-up failed for a reason that a person can mend; the message names the way out. */
export class StepFailed extends Error {
  name = 'StepFailed';
}
