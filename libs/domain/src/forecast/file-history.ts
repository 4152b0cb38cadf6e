/** What one commit touched. */
export interface HistoryCommit {
  /** Unix seconds. */
  readonly time: number;
  readonly paths: readonly string[];
}

export interface Companion {
  readonly path: string;
  /** Of the commits that touched the other file, the part that touched this one too: 0 to 1. */
  readonly share: number;
}

/** A commit of more files than this is a reformatting or an import, and says nothing of what belongs together. */
const MAX_COMMIT_FILES = 30;
const RECENT_SECONDS = 90 * 24 * 3_600;
/** What was changed together once or twice may be chance. */
const LEAST_COMMITS = 3;
const LEAST_SHARE = 0.4;

/** Which files changed how often, and with which others. */
export class FileHistory {
  private readonly recent = new Map<string, number>();
  private readonly commitsOf = new Map<string, string[][]>();

  /** @param now Unix seconds: the base commit's time, so that one base has one answer */
  constructor(commits: readonly HistoryCommit[], now: number) {
    for (const { time, paths } of commits) {
      const files = [...new Set(paths)];
      if (now - time <= RECENT_SECONDS) for (const path of files) this.recent.set(path, this.recentEdits(path) + 1);
      if (files.length > MAX_COMMIT_FILES) continue;
      for (const path of files) {
        const known = this.commitsOf.get(path);
        if (known === undefined) this.commitsOf.set(path, [files]);
        else known.push(files);
      }
    }
  }

  /** Commits of the last 90 days that touched the file. */
  recentEdits(path: string): number {
    return this.recent.get(path) ?? 0;
  }

  /** Near 1: hardly anybody touches the file, so that two at once are no chance; near 0: everybody does. */
  rarity(path: string): number {
    return 1 / Math.log2(2 + this.recentEdits(path));
  }

  /** What mostly changed when the file did, in the order of paths. */
  companions(path: string): Companion[] {
    const commits = this.commitsOf.get(path) ?? [];
    if (commits.length < LEAST_COMMITS) return [];
    const counts = new Map<string, number>();
    for (const files of commits)
      for (const other of files) if (other !== path) counts.set(other, (counts.get(other) ?? 0) + 1);
    return [...counts]
      .map(([other, count]) => ({ path: other, share: count / commits.length }))
      .filter(({ share }) => share >= LEAST_SHARE)
      .sort((a, b) => (a.path < b.path ? -1 : 1));
  }
}
