/** As a runner gives them to a sandbox whose environment says nothing: each has a file system and control groups of its own. */
export const LIMITS = {
  memoryBytes: 4 * 1024 ** 3,
  processes: 4_096,
  diskBytes: 10 * 1024 ** 3,
  diskInodes: 1_000_000,
  openFiles: 65_536,
} as const;
