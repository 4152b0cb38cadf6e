export type HealthCheck = () => unknown;

export interface Readiness {
  readonly ready: boolean;
  /** `ok`, or what is wrong, by the check's name. */
  readonly checks: Readonly<Record<string, string>>;
}

const CHECK_TIMEOUT_MS = 2_000;

/** Knows whether the process can serve. It can after its start, before its stop, while all checks pass. */
export class HealthRegistry {
  private readonly checks = new Map<string, HealthCheck>();
  private phase: 'starting' | 'serving' | 'stopping' = 'starting';

  /** A check fails by throwing, or by taking more than two seconds. */
  add(name: string, check: HealthCheck): void {
    this.checks.set(name, check);
  }

  markServing(): void {
    this.phase = 'serving';
  }

  markStopping(): void {
    this.phase = 'stopping';
  }

  async readiness(): Promise<Readiness> {
    const results = await Promise.all(
      [...this.checks].map(async ([name, check]) => [name, await outcome(check)] as const),
    );
    const ready = this.phase === 'serving' && results.every(([, result]) => result === 'ok');
    return { ready, checks: { process: this.phase === 'serving' ? 'ok' : this.phase, ...Object.fromEntries(results) } };
  }
}

async function outcome(check: HealthCheck): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('no answer within 2 s'), CHECK_TIMEOUT_MS);
  });
  try {
    return await Promise.race([Promise.resolve(check()).then(() => 'ok'), late]);
  } catch (error) {
    return error instanceof Error ? error.message : 'failed';
  } finally {
    clearTimeout(timer);
  }
}
