/**
 * The end of an id: ids begin with the time, so those of one batch differ only there. Commands take it in place of the
 * whole id.
 */
export function shortId(id: string): string {
  return id.slice(-8);
}

export function shortCommit(commit: string): string {
  return commit.slice(0, 10);
}
