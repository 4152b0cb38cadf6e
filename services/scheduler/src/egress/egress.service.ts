import { Injectable } from '@nestjs/common';
import type { ListEgressRequestsRequest, ListEgressRequestsResponse } from '@heddle/contracts';
import { decodePageToken, encodePageToken, pageSize } from '@heddle/platform/paging';
import { DataSource } from 'typeorm';
import { AttemptService } from '../attempts/attempt.service.js';
import { MAX_RECORDS } from './egress-recorder.service.js';
import { EGRESS_COLUMNS, toEgressRequest, type EgressRow } from './egress-rows.js';

@Injectable()
export class EgressService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly attempts: AttemptService,
  ) {}

  /** Oldest first. @throws HeddleError ATTEMPT_NOT_FOUND, FIELD_INVALID */
  async list(request: ListEgressRequestsRequest): Promise<ListEgressRequestsResponse> {
    const size = pageSize(request.pageSize);
    const verdicts = [...new Set(request.verdicts)].sort();
    const filters = { id: request.id, verdicts };
    const after = decodePageToken(request.pageToken, filters) ?? '0';
    const attempt = await this.attempts.row(request.id);
    const rows: EgressRow[] = await this.dataSource.query(
      `SELECT ${EGRESS_COLUMNS} FROM egress_requests
       WHERE attempt_id = $1 AND sequence > $2 AND (cardinality($3::text[]) = 0 OR verdict = ANY($3::text[]))
       ORDER BY sequence LIMIT $4`,
      [attempt.id, after, verdicts, size + 1],
    );
    const page = rows.slice(0, size);
    const last = page.at(-1);
    return {
      requests: page.map(toEgressRequest),
      nextPageToken: rows.length > size && last !== undefined ? encodePageToken(last.sequence, filters) : '',
      truncated: await this.isFull(attempt.id),
    };
  }

  private async isFull(attemptId: string): Promise<boolean> {
    const [row]: { full: boolean }[] = await this.dataSource.query(
      'SELECT EXISTS (SELECT FROM egress_requests WHERE attempt_id = $1 AND sequence = $2) AS full',
      [attemptId, MAX_RECORDS],
    );
    return row?.full === true;
  }
}
