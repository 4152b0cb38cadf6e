import { Injectable } from '@nestjs/common';
import type { ListRunnersRequest, ListRunnersResponse, Runner } from '@heddle/contracts';
import type { ReportRunnerRequest, ReportRunnerResponse, WantedAgentTool } from '@heddle/contracts/internal';
import { HeddleError } from '@heddle/domain';
import { decodePageToken, encodePageToken, pageSize } from '@heddle/platform/paging';
import { isId } from '@heddle/platform/ids';
import { ChangeBell } from '@heddle/platform/waiting';
import { DataSource } from 'typeorm';
import { wantedTools } from '../agents/agent-tool-rows.js';
import { recordUsage } from '../attempts/record-usage.js';
import { enforceBudgets } from '../budgets/enforce-budgets.js';
import { steeringMessages } from '../turns/steering-messages.js';
import { toRunner, type RunnerRow } from './runner.mapper.js';

const LEASE_SECONDS = 60;

const COLUMNS = `id, pool, slots, used, version, driver, boundary, missing, file_system, state, failed_probes, last_seen, drain_time,
  extract(epoch FROM now() - last_seen)::float8 AS silent_seconds`;

@Injectable()
export class RunnerService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly bell: ChangeBell,
  ) {}

  /**
   * Notes what a runner says of itself: for people, it decides nothing. The answer says whether it is to
   * take work. A pool with one runner needs no lease.
   */
  async report(report: ReportRunnerRequest): Promise<ReportRunnerResponse> {
    const [ordered]: { drain: boolean }[] = await this.dataSource.query(
      `INSERT INTO runners
         (id, pool, slots, used, version, driver, boundary, missing, state, failed_probes, file_system, agent_tools)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
       ON CONFLICT (id) DO UPDATE SET pool = $2, slots = $3, used = $4, version = $5, driver = $6, boundary = $7,
         missing = $8, state = $9, failed_probes = $10, file_system = $11, agent_tools = $12, last_seen = now()
       RETURNING drain_time IS NOT NULL AS drain`,
      [
        report.runnerId,
        report.pool,
        report.slots,
        report.used,
        report.version,
        report.driver,
        report.boundary,
        JSON.stringify(report.missing),
        report.state || 'ACTIVE',
        JSON.stringify(report.failedProbes),
        report.fileSystem,
        JSON.stringify(report.agentTools),
      ],
    );
    const moved = await recordUsage(this.dataSource, report.samples);
    const ids = report.samples.map(({ attemptId }) => attemptId).filter(isId);
    this.bell.ring(...moved, ...(await enforceBudgets(this.dataSource, ids)));
    const [row]: { runners: number }[] = await this.dataSource.query(
      'SELECT count(*)::int AS runners FROM runners WHERE pool = $1',
      [report.pool],
    );
    return {
      leaseSeconds: (row?.runners ?? 1) > 1 ? LEASE_SECONDS : 0,
      drain: ordered?.drain === true,
      wantedAgentTools: { tools: await this.wanted() },
      steeringMessages: await steeringMessages(this.dataSource, report.runnerId),
    };
  }

  private async wanted(): Promise<WantedAgentTool[]> {
    return (await wantedTools(this.dataSource.manager)).map(({ kind, version, number }) => ({ kind, version, number }));
  }

  async get(id: string): Promise<Runner> {
    const [row]: RunnerRow[] = await this.dataSource.query(`SELECT ${COLUMNS} FROM runners WHERE id = $1`, [id]);
    if (row === undefined)
      throw new HeddleError('RUNNER_NOT_FOUND', `There is no runner ${id || '(no id was given)'}`, {
        metadata: { id },
      });
    return toRunner(row);
  }

  /** It hears of that by the answer to its next report. What is wanted already stays so. @throws HeddleError RUNNER_NOT_FOUND */
  async drain(id: string, drain: boolean): Promise<Runner> {
    await this.dataSource.query(
      `UPDATE runners SET drain_time = CASE WHEN $2 THEN coalesce(drain_time, now()) END WHERE id = $1`,
      [id, drain],
    );
    return this.get(id);
  }

  /** In the order in which they came: a runner keeps its place however often it reports. */
  async list(request: ListRunnersRequest): Promise<ListRunnersResponse> {
    const size = pageSize(request.pageSize);
    const after = decodePageToken(request.pageToken, {});
    const rows: RunnerRow[] = await this.dataSource.query(
      `SELECT ${COLUMNS} FROM runners
       WHERE $1::text IS NULL OR (first_seen, id) > (SELECT first_seen, id FROM runners WHERE id = $1)
       ORDER BY first_seen, id LIMIT $2`,
      [after ?? null, size + 1],
    );
    const page = rows.slice(0, size);
    const last = page.at(-1);
    return {
      runners: page.map(toRunner),
      nextPageToken: rows.length > size && last !== undefined ? encodePageToken(last.id, {}) : '',
    };
  }
}
