import { Injectable } from '@nestjs/common';
import type {
  Change,
  ListChangeFilesRequest,
  ListChangeFilesResponse,
  ListChangesRequest,
  ListChangesResponse,
  Triage,
} from '@heddle/contracts';
import { HeddleError, type TriageVerdict } from '@heddle/domain';
import { decodePageToken, encodePageToken, pageSize } from '@heddle/platform/paging';
import { DataSource } from 'typeorm';
import { requireId } from '@heddle/platform/ids';
import { toApprovals } from '../approvals/approvals.mapper.js';
import { ReviewStates } from '../approvals/review-states.js';
import { toTriage, triageOf } from '../triage/triage-of.js';
import { ChangeEntity } from './change.entity.js';
import { ChangeFiles } from './change-files.js';
import { withChangeFilters } from './change-filters.js';
import { toChange, toChangedFile } from './change.mapper.js';
import { maySeeFiles, requireSight } from './secret-in-change.js';

/** As many as a change shows of itself; ListChangeFiles has all. */
const FILES_IN_CHANGE = 1_000;

@Injectable()
export class ChangeService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly files: ChangeFiles,
    private readonly states: ReviewStates,
  ) {}

  /** @throws HeddleError CHANGE_NOT_FOUND */
  async row(id: string): Promise<ChangeEntity> {
    requireId(id, 'CHANGE_NOT_FOUND', 'change');
    const row = await this.dataSource.manager.findOneBy(ChangeEntity, { id });
    if (row === null) throw new HeddleError('CHANGE_NOT_FOUND', `There is no change ${id}`, { metadata: { id } });
    return row;
  }

  async get(id: string): Promise<Change> {
    const row = await this.row(id);
    const { manager } = this.dataSource;
    const isSeen = maySeeFiles(row);
    const triage = shown(row, await triageOf(manager, [row], new Date()));
    const approvals = toApprovals(await this.states.judge(manager, row), isSeen);
    const files = isSeen ? await this.files.of(row.repositoryId, row.baseCommit, row.headCommit) : [];
    return toChange(row, { files: files.slice(0, FILES_IN_CHANGE), triage, approvals });
  }

  async list(request: ListChangesRequest): Promise<ListChangesResponse> {
    const size = pageSize(request.pageSize);
    const { batchId, taskId, repositoryId } = request;
    const filters = { batchId, taskId, repositoryId, states: [...request.reviewStates].sort() };
    const after = decodePageToken(request.pageToken, filters);
    const query = this.dataSource.manager
      .createQueryBuilder(ChangeEntity, 'c')
      .orderBy('c.id', 'DESC')
      .limit(size + 1);
    withChangeFilters(query, request);
    if (after !== undefined) query.andWhere('c.id < :after', { after });
    const rows = await query.getMany();
    const page = rows.slice(0, size);
    const last = page.at(-1);
    const triage = await triageOf(this.dataSource.manager, page, new Date());
    return {
      changes: page.map((row) => toChange(row, { triage: shown(row, triage) })),
      nextPageToken: rows.length > size && last !== undefined ? encodePageToken(last.id, filters) : '',
    };
  }

  async listFiles(request: ListChangeFilesRequest): Promise<ListChangeFilesResponse> {
    const size = pageSize(request.pageSize);
    const row = await this.row(request.id);
    requireSight(row);
    // The head is part of the token: a moved change starts its list anew.
    const filters = { id: row.id, head: row.headCommit };
    const start = Number(decodePageToken(request.pageToken, filters) ?? '0');
    const files = await this.files.of(row.repositoryId, row.baseCommit, row.headCommit);
    const end = start + size;
    return {
      files: files.slice(start, end).map(toChangedFile),
      nextPageToken: end < files.length ? encodePageToken(String(end), filters) : '',
    };
  }
}

function shown(row: ChangeEntity, verdicts: ReadonlyMap<string, TriageVerdict>): Triage | undefined {
  const verdict = verdicts.get(row.id);
  return verdict === undefined ? undefined : toTriage(verdict, maySeeFiles(row));
}
