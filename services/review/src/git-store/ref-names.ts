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
