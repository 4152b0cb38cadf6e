import type { HeddleClient, Repository } from '@heddle/sdk';
import type { DemoPlan } from '../plan.js';

export function register(heddle: HeddleClient, plan: DemoPlan, signal: AbortSignal): Promise<Repository> {
  return heddle.repositories.create({ name: plan.name, url: plan.repository }, { signal, timeoutMs: 300_000 });
}
