/** What is kept of the boundary that an attempt ran in. */
export interface SandboxFacts {
  readonly driver: string;
  readonly boundary: string;
  readonly missing: readonly string[];
  readonly fileSystem: string;
  readonly durationMs: number;
}
