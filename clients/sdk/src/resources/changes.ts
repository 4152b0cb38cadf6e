import type {
  AttestCriterionInput,
  Change,
  ChangedFile,
  CompareChangesInput,
  ComparisonPage,
  CreateVerdictInput,
  Criterion,
  DiffPage,
  DismissVerdictInput,
  DiffView,
  FileDiff,
  ListChangesFilter,
  ReviewLoad,
  Preflight,
  Verdict,
} from '../models.js';
import { segment } from '../http/query.js';
import type { CallOptions } from '../http/transport.js';
import { paginate } from '../paging/paginate.js';
import { Resource, type ListOptions } from './resource.js';

/** What waits for reviewers, what to review first at the beginning. */
export interface ReviewQueue {
  readonly changes: readonly Change[];
  /** Of one repository. */
  readonly reviewLoad?: ReviewLoad;
  /** More wait than were asked for. */
  readonly isCut: boolean;
}
export type Comparison = Omit<ComparisonPage, 'nextPageToken'>;

export class Changes extends Resource {
  getById(id: string, options?: CallOptions): Promise<Change> {
    return this.get(`/v1/changes/${segment(id)}`, {}, options);
  }

  listAll(filter: ListChangesFilter = {}, options?: ListOptions): AsyncGenerator<Change, void, undefined> {
    return this.list('/v1/changes', 'changes', filter, options);
  }

  /** In the order of triage, up to 200. */
  async reviewQueue(
    filter: ListChangesFilter = {},
    { limit = 50, ...options }: CallOptions & { readonly limit?: number } = {},
  ): Promise<ReviewQueue> {
    const query = { ...filter, orderBy: 'triage', pageSize: limit };
    const page = await this.get<{ changes: Change[]; nextPageToken: string; reviewLoad?: ReviewLoad }>(
      '/v1/changes',
      query,
      options,
    );
    const { changes, nextPageToken, ...load } = page;
    return { changes, isCut: nextPageToken !== '', ...load };
  }

  /** What would happen if it were put into the queue of a branch now; nothing does. */
  preflight(id: string, targetBranch?: string, options?: CallOptions): Promise<Preflight> {
    return this.get(`/v1/changes/${segment(id)}:preflight`, { targetBranch }, options);
  }

  listFiles(id: string, options?: ListOptions): AsyncGenerator<ChangedFile, void, undefined> {
    return this.list(`/v1/changes/${segment(id)}/files`, 'files', {}, options);
  }

  /** The diff file by file. @param path one file of the change; absent: all */
  diff(
    id: string,
    path?: string,
    { sinceCommit, ignoreWhitespace, contextLines, ...options }: ListOptions & DiffView = {},
  ): AsyncGenerator<FileDiff, void, undefined> {
    const view = { sinceCommit, ignoreWhitespace, contextLines };
    return paginate<FileDiff>(async (pageToken) => {
      const query = { path, ...view, pageSize: options.pageSize, pageToken };
      const page = await this.get<DiffPage>(`/v1/changes/${segment(id)}/diff`, query, options);
      return { items: page.files, nextPageToken: page.nextPageToken };
    });
  }

  /** Two of one base side by side, with all files. */
  async compare(input: CompareChangesInput, options: ListOptions = {}): Promise<Comparison> {
    const { pageSize } = options;
    const get = (pageToken?: string): Promise<ComparisonPage> =>
      this.get('/v1/changes:compare', { ...input, pageSize, pageToken }, options);
    const { first, second, stats, ...page } = await get();
    const files = [...page.files];
    for (let token = page.nextPageToken; token !== '';) {
      const next = await get(token);
      files.push(...next.files);
      token = next.nextPageToken;
    }
    return { first, second, stats, files };
  }

  /** The whole change as bytes for `git apply --binary`. */
  async patch(id: string, options?: CallOptions): Promise<AsyncIterable<Uint8Array>> {
    const call = { method: 'GET', path: `/v1/changes/${segment(id)}/patch`, accept: 'text/x-patch' } as const;
    return (await this.transport.open(call, options)).body;
  }

  /** The change as mails for `git am`, one for each commit that changed something. */
  async patchSeries(id: string, options?: CallOptions): Promise<AsyncIterable<Uint8Array>> {
    const path = `/v1/changes/${segment(id)}/patch`;
    const call = { method: 'GET', path, query: { form: 'SERIES' }, accept: 'text/x-patch' } as const;
    return (await this.transport.open(call, options)).body;
  }

  /** Approve or reject what is at `headCommit`; CHANGE_MOVED where it is not the head any more. */
  createVerdict(changeId: string, input: CreateVerdictInput, options?: CallOptions): Promise<Verdict> {
    return this.post(`/v1/changes/${segment(changeId)}/verdicts`, input, options);
  }

  async listVerdicts(changeId: string, options?: CallOptions): Promise<readonly Verdict[]> {
    const answer = await this.get<{ verdicts: Verdict[] }>(`/v1/changes/${segment(changeId)}/verdicts`, {}, options);
    return answer.verdicts;
  }

  /** Takes a decision back; one that holds no more stays as it is. */
  dismissVerdict(changeId: string, id: string, input: DismissVerdictInput, options?: CallOptions): Promise<Verdict> {
    return this.post(`/v1/changes/${segment(changeId)}/verdicts/${segment(id)}:dismiss`, input, options);
  }

  /** Each acceptance criterion of the task, with the evidence on the change's tree. */
  async listCriteria(changeId: string, options?: CallOptions): Promise<readonly Criterion[]> {
    const answer = await this.get<{ criteria: Criterion[] }>(`/v1/changes/${segment(changeId)}/criteria`, {}, options);
    return answer.criteria;
  }

  /** Says of what is at `headCommit` that it meets a criterion or not. */
  attestCriterion(
    changeId: string,
    criterionId: string,
    input: AttestCriterionInput,
    options?: CallOptions,
  ): Promise<Criterion> {
    return this.post(`/v1/changes/${segment(changeId)}/criteria/${segment(criterionId)}:attest`, input, options);
  }
}
