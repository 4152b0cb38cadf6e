/**
 * Why a change is rejected or sent back. A closed list: what is learned from rejections needs to know whether the work was
 * at fault (`WORK`) or only the circumstances (`WORKFLOW`), which say nothing of the agent.
 */
export const REASON_CLASSES = {
  INCORRECT: 'WORK',
  INCOMPLETE: 'WORK',
  WRONG_APPROACH: 'WORK',
  BREAKS_EXISTING: 'WORK',
  MISSING_TESTS: 'WORK',
  WEAKENS_TESTS: 'WORK',
  OUT_OF_SCOPE: 'WORK',
  TOO_LARGE: 'WORK',
  POOR_QUALITY: 'WORK',
  INSECURE: 'WORK',
  SUPERSEDED: 'WORKFLOW',
  DUPLICATE: 'WORKFLOW',
  NO_LONGER_NEEDED: 'WORKFLOW',
  TASK_UNCLEAR: 'WORKFLOW',
  BASE_OUTDATED: 'WORKFLOW',
  ENVIRONMENT_AT_FAULT: 'WORKFLOW',
  POLICY: 'WORKFLOW',
} as const satisfies Record<string, 'WORK' | 'WORKFLOW'>;

export type ReasonClass = keyof typeof REASON_CLASSES;

export function isReasonClass(word: string): word is ReasonClass {
  return Object.hasOwn(REASON_CLASSES, word);
}

/** `INCORRECT, INCOMPLETE, …` for people who gave none or another one. */
export function reasonClassList(): string {
  return Object.keys(REASON_CLASSES).join(', ');
}
