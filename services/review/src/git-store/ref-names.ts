/** Refs of a store that are Heddle's own. */
export function baseRef(commit: string): string {
  return `refs/heddle/bases/${commit}`;
}

export interface CheckpointName {
  readonly attemptId: string;
  readonly fence: string;
  readonly number: number;
}

export function checkpointRef(kind: 'attempts' | 'salvage', { attemptId, fence, number }: CheckpointName): string {
  return `refs/heddle/${kind}/${attemptId}/${fence}/${String(number)}`;
}

/** Of an agent's conversation at a turn's end; no user's git is shown it. */
export function conversationRef(attemptId: string, fence: string, commit: string): string {
  return `${conversationRefs(attemptId)}${fence}/${commit}`;
}

/** Prefix of the refs of an attempt's conversations. */
export function conversationRefs(attemptId: string): string {
  return `refs/heddle/conversations/${attemptId}/`;
}

/** The fence under which the conversation of a ref was stored. */
export function conversationFence(ref: string): bigint {
  return BigInt(ref.split('/')[4] ?? 0);
}

/** Below it, of each trial that has not ended, the tree that it runs over. */
export const TRIAL_REFS = 'refs/heddle/trials/';

export function trialRef(id: string): string {
  return `${TRIAL_REFS}${id}`;
}
