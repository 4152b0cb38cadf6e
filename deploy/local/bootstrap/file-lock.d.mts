export interface FileLock {
  /** Resolves when the kernel has let go of the lock. */
  release(): Promise<void>;
}

export function lockFile(
  file: string,
  options?: { wait?: boolean; onWait?: () => void },
): Promise<FileLock | undefined>;
