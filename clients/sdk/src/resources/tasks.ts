import type {
  CreateTaskInput,
  ListTasksFilter,
  RaiseBudgetInput,
  Ranking,
  SelectAttemptInput,
  Task,
} from '../models.js';
import { segment } from '../http/query.js';
import type { CallOptions } from '../http/transport.js';
import { isTaskEnded } from '../waiting/ended.js';
import { waitUntil, type WaitOptions } from '../waiting/wait-until.js';
import { Resource, type ListOptions } from './resource.js';

export class Tasks extends Resource {
  /** One task, in a batch of its own. */
  create(input: CreateTaskInput, options?: CallOptions): Promise<Task> {
    return this.post('/v1/tasks', input, options);
  }

  getById(id: string, options?: CallOptions): Promise<Task> {
    return this.get(`/v1/tasks/${segment(id)}`, {}, options);
  }

  listAll(filter: ListTasksFilter = {}, options?: ListOptions): AsyncGenerator<Task, void, undefined> {
    return this.list('/v1/tasks', 'tasks', filter, options);
  }

  cancel(id: string, options?: CallOptions): Promise<Task> {
    return this.post(`/v1/tasks/${segment(id)}:cancel`, {}, options);
  }

  /** Sets the limits that the budget has, none to less than it is. */
  raiseBudget(id: string, input: RaiseBudgetInput, options?: CallOptions): Promise<Task> {
    return this.post(`/v1/tasks/${segment(id)}:raiseBudget`, input, options);
  }

  /** The attempts by the evidence as it is now. */
  ranking(id: string, options?: CallOptions): Promise<Ranking> {
    return this.get(`/v1/tasks/${segment(id)}/ranking`, {}, options);
  }

  /** Puts a person's pick on record; it approves and lands nothing. */
  select(id: string, input: SelectAttemptInput, options?: CallOptions): Promise<Ranking> {
    return this.post(`/v1/tasks/${segment(id)}:selectAttempt`, input, options);
  }

  wait(id: string, options?: WaitOptions): Promise<Task> {
    return waitUntil(
      (timeout, call) => this.get<Task>(`/v1/tasks/${segment(id)}:wait`, { timeout }, call),
      isTaskEnded,
      options,
    );
  }
}
