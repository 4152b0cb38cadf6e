import type {
  Batch,
  CreateBatchInput,
  Forecast,
  ListBatchesFilter,
  RaiseBudgetInput,
  SuggestSplitInput,
} from '../models.js';
import { segment } from '../http/query.js';
import type { CallOptions } from '../http/transport.js';
import { isBatchEnded } from '../waiting/ended.js';
import { waitUntil, type WaitOptions } from '../waiting/wait-until.js';
import { Resource, type ListOptions } from './resource.js';

export class Batches extends Resource {
  /** All or nothing. A full platform queues; it never refuses for being busy. */
  create(input: CreateBatchInput, options?: CallOptions): Promise<Batch> {
    return this.post('/v1/batches', input, options);
  }

  /** Which of these tasks will get into each other's way; nothing is launched. */
  suggestSplit(input: SuggestSplitInput, options?: CallOptions): Promise<Forecast> {
    return this.post('/v1/batches:suggestSplit', input, options);
  }

  getById(id: string, options?: CallOptions): Promise<Batch> {
    return this.get(`/v1/batches/${segment(id)}`, {}, options);
  }

  listAll(filter: ListBatchesFilter = {}, options?: ListOptions): AsyncGenerator<Batch, void, undefined> {
    return this.list('/v1/batches', 'batches', filter, options);
  }

  /** Stops every attempt that has not ended; what was made is kept. */
  cancel(id: string, options?: CallOptions): Promise<Batch> {
    return this.post(`/v1/batches/${segment(id)}:cancel`, {}, options);
  }

  /** Sets the limits that the budget has, none to less than it is. */
  raiseBudget(id: string, input: RaiseBudgetInput, options?: CallOptions): Promise<Batch> {
    return this.post(`/v1/batches/${segment(id)}:raiseBudget`, input, options);
  }

  wait(id: string, options?: WaitOptions): Promise<Batch> {
    return waitUntil(
      (timeout, call) => this.get<Batch>(`/v1/batches/${segment(id)}:wait`, { timeout }, call),
      isBatchEnded,
      options,
    );
  }
}
