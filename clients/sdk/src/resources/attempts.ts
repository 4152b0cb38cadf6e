import type { Attempt, CheckResult, ListAttemptsFilter } from '../models.js';
import { segment } from '../http/query.js';
import type { CallOptions } from '../http/transport.js';
import { isAttemptEnded } from '../waiting/ended.js';
import { waitUntil, type WaitOptions } from '../waiting/wait-until.js';
import { Resource, type ListOptions } from './resource.js';

export class Attempts extends Resource {
  getById(id: string, options?: CallOptions): Promise<Attempt> {
    return this.get(`/v1/attempts/${segment(id)}`, {}, options);
  }

  listAll(filter: ListAttemptsFilter = {}, options?: ListOptions): AsyncGenerator<Attempt, void, undefined> {
    return this.list('/v1/attempts', 'attempts', filter, options);
  }

  /** Stops the agent within seconds; what is in its tree is kept. */
  cancel(id: string, options?: CallOptions): Promise<Attempt> {
    return this.post(`/v1/attempts/${segment(id)}:cancel`, {}, options);
  }

  wait(id: string, options?: WaitOptions): Promise<Attempt> {
    return waitUntil(
      (timeout, call) => this.get<Attempt>(`/v1/attempts/${segment(id)}:wait`, { timeout }, call),
      isAttemptEnded,
      options,
    );
  }

  async listCheckResults(id: string, options?: CallOptions): Promise<readonly CheckResult[]> {
    const answer = await this.get<{ checks: CheckResult[] }>(`/v1/attempts/${segment(id)}/checks`, {}, options);
    return answer.checks;
  }
}
