/** What is kept of the boundary that an attempt ran in. */
export interface SandboxFacts {
  readonly driver: string;
  readonly boundary: string;
  readonly missing: readonly string[];
  readonly fileSystem: string;
  readonly durationMs: number;
  /** HIT, MISS, NONE; absent in rows of before there were layers. */
  readonly setupCache?: string;
  /** Why it was a MISS. */
  readonly setupCacheReason?: string;
}

/** What the sandbox of an attempt has used so far; a field is absent where the host could not measure it. */
export interface UsageFacts {
  readonly peakMemoryBytes?: number;
  readonly peakProcesses?: number;
  readonly cpuMs?: number;
  readonly peakDiskBytes?: number;
  readonly peakDiskInodes?: number;
  readonly outputBytes?: number;
  readonly wallMs?: number;
  /** Unix milliseconds of the last sample. */
  readonly sampledAt?: number;
}
