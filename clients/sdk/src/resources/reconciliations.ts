import type {
  CreateReconciliationInput,
  ListReconciliationsFilter,
  PlanReconciliationInput,
  Reconciliation,
  ReconciliationPlan,
} from '../models.js';
import { segment } from '../http/query.js';
import type { CallOptions } from '../http/transport.js';
import { isReconciliationSettled } from '../waiting/ended.js';
import { waitUntil, type WaitOptions } from '../waiting/wait-until.js';
import { Resource, type ListOptions } from './resource.js';

/** Several changes made one. */
export class Reconciliations extends Resource {
  /** What would become of these changes together. Nothing is kept of it. */
  plan(input: PlanReconciliationInput, options?: CallOptions): Promise<ReconciliationPlan> {
    return this.ask('/v1/reconciliations:plan', input, options);
  }

  create(input: CreateReconciliationInput, options?: CallOptions): Promise<Reconciliation> {
    return this.post('/v1/reconciliations', input, options);
  }

  getById(id: string, options?: CallOptions): Promise<Reconciliation> {
    return this.get(`/v1/reconciliations/${segment(id)}`, {}, options);
  }

  listAll(
    filter: ListReconciliationsFilter = {},
    options?: ListOptions,
  ): AsyncGenerator<Reconciliation, void, undefined> {
    return this.list('/v1/reconciliations', 'reconciliations', filter, options);
  }

  /** Stops its attempt too. Cancelling twice is no error. */
  cancel(id: string, options?: CallOptions): Promise<Reconciliation> {
    return this.post(`/v1/reconciliations/${segment(id)}:cancel`, {}, options);
  }

  /** Returns when it has ended, or waits for a person. */
  wait(id: string, options?: WaitOptions): Promise<Reconciliation> {
    return waitUntil(
      (timeout, call) => this.get<Reconciliation>(`/v1/reconciliations/${segment(id)}:wait`, { timeout }, call),
      isReconciliationSettled,
      options,
    );
  }
}
