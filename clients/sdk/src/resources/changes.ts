import type {
  Change,
  ChangedFile,
  CreateVerdictInput,
  DiffPage,
  FileDiff,
  ListChangesFilter,
  Verdict,
} from '../models.js';
import { segment } from '../http/query.js';
import type { CallOptions } from '../http/transport.js';
import { paginate } from '../paging/paginate.js';
import { Resource, type ListOptions } from './resource.js';

export class Changes extends Resource {
  getById(id: string, options?: CallOptions): Promise<Change> {
    return this.get(`/v1/changes/${segment(id)}`, {}, options);
  }

  listAll(filter: ListChangesFilter = {}, options?: ListOptions): AsyncGenerator<Change, void, undefined> {
    return this.list('/v1/changes', 'changes', filter, options);
  }

  listFiles(id: string, options?: ListOptions): AsyncGenerator<ChangedFile, void, undefined> {
    return this.list(`/v1/changes/${segment(id)}/files`, 'files', {}, options);
  }

  /** The diff file by file. @param path one file of the change; absent: all */
  diff(id: string, path?: string, options: ListOptions = {}): AsyncGenerator<FileDiff, void, undefined> {
    return paginate<FileDiff>(async (pageToken) => {
      const query = { path, pageSize: options.pageSize, pageToken };
      const page = await this.get<DiffPage>(`/v1/changes/${segment(id)}/diff`, query, options);
      return { items: page.files, nextPageToken: page.nextPageToken };
    });
  }

  /** The whole change as bytes for `git apply --binary`. */
  async patch(id: string, options?: CallOptions): Promise<AsyncIterable<Uint8Array>> {
    const call = { method: 'GET', path: `/v1/changes/${segment(id)}/patch`, accept: 'text/x-patch' } as const;
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
}
