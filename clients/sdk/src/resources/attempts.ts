import type {
  ApprovePlanInput,
  Attempt,
  CheckResult,
  CreateAttemptInput,
  EgressRequest,
  ListAttemptsFilter,
  ListEgressFilter,
  Plan,
  RaiseBudgetInput,
  MessageInput,
  Turn,
} from '../models.js';
import { segment } from '../http/query.js';
import type { CallOptions } from '../http/transport.js';
import type { Terminal, TerminalOptions } from '../terminal/terminal.js';
import { isAttemptEnded } from '../waiting/ended.js';
import { waitUntil, type WaitOptions } from '../waiting/wait-until.js';
import { Resource, type ListOptions } from './resource.js';

export interface EgressReport {
  /** Oldest first. */
  readonly requests: readonly EgressRequest[];
  /** There were more than the server keeps of one attempt: these are the first. */
  readonly truncated: boolean;
}

interface EgressPage extends EgressReport {
  readonly nextPageToken: string;
}

export class Attempts extends Resource {
  /** One more attempt at a task, from the same base. @throws HeddleApiError ATTEMPT_LIMIT */
  create(taskId: string, input: CreateAttemptInput = {}, options?: CallOptions): Promise<Attempt> {
    return this.post(`/v1/tasks/${segment(taskId)}/attempts`, input, options);
  }

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

  /** Freezes everything in its sandbox within seconds. @throws HeddleApiError ATTEMPT_NOT_RUNNING */
  pause(id: string, options?: CallOptions): Promise<Attempt> {
    return this.post(`/v1/attempts/${segment(id)}:pause`, {}, options);
  }

  resume(id: string, options?: CallOptions): Promise<Attempt> {
    return this.post(`/v1/attempts/${segment(id)}:resume`, {}, options);
  }

  /** What it would do, for somebody to approve. @throws HeddleApiError PLAN_NOT_FOUND */
  plan(id: string, options?: CallOptions): Promise<Plan> {
    return this.get(`/v1/attempts/${segment(id)}/plan`, {}, options);
  }

  /** Lets it carry out its plan, as it is or as edited. @throws HeddleApiError ATTEMPT_NOT_WAITING, CHANGE_MOVED */
  approvePlan(id: string, input: ApprovePlanInput = {}, options?: CallOptions): Promise<Attempt> {
    return this.post(`/v1/attempts/${segment(id)}:approvePlan`, input, options);
  }

  /**
   * Gives it a further turn: the same conversation on the same tree, also after it has ended.
   * @throws HeddleApiError AGENT_CANNOT_RESUME, ATTEMPT_NOT_RUNNING, LANDING_EXISTS, ALREADY_LANDED, NOT_AVAILABLE
   */
  sendMessage(id: string, message: MessageInput, options?: CallOptions): Promise<Attempt> {
    return this.post(`/v1/attempts/${segment(id)}/messages`, message, options);
  }

  /** Oldest first; those that wait are the last. */
  async turns(id: string, options?: CallOptions): Promise<readonly Turn[]> {
    const answer = await this.get<{ turns: Turn[] }>(`/v1/attempts/${segment(id)}/turns`, {}, options);
    return answer.turns;
  }

  /**
   * Starts a program in a throw-away copy of what the attempt's kept sandbox has.
   * @throws HeddleApiError ATTEMPT_NOT_ENDED, SANDBOX_NOT_KEPT, TERMINAL_LIMIT
   */
  openTerminal(id: string, { command, window, signal }: TerminalOptions = {}): Promise<Terminal> {
    const query = { 'start.command': command, 'start.columns': window?.columns, 'start.rows': window?.rows };
    return this.transport.terminal(`/v1/attempts/${segment(id)}/terminal`, query, signal);
  }

  /** Sets the limits that the budget has, none to less than it is. */
  raiseBudget(id: string, input: RaiseBudgetInput, options?: CallOptions): Promise<Attempt> {
    return this.post(`/v1/attempts/${segment(id)}:raiseBudget`, input, options);
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

  /** All that its sandboxes asked of the network. */
  async egress(id: string, filter: ListEgressFilter = {}, options?: CallOptions): Promise<EgressReport> {
    const requests: EgressRequest[] = [];
    let pageToken: string | undefined;
    for (;;) {
      const query = { ...filter, pageSize: 200, pageToken };
      const page: EgressPage = await this.get(`/v1/attempts/${segment(id)}/egress`, query, options);
      requests.push(...page.requests);
      if (page.nextPageToken === '') return { requests, truncated: page.truncated };
      pageToken = page.nextPageToken;
    }
  }
}
