import { Injectable } from '@nestjs/common';
import type { ReportRunnerRequest, ReportRunnerResponse } from '@heddle/contracts/internal';
import { DataSource } from 'typeorm';

const LEASE_SECONDS = 60;

@Injectable()
export class RunnerService {
  constructor(private readonly dataSource: DataSource) {}

  /** Notes what a runner says of itself: for people, it decides nothing. A pool with one runner needs no lease. */
  async report(report: ReportRunnerRequest): Promise<ReportRunnerResponse> {
    await this.dataSource.query(
      `INSERT INTO runners (id, pool, slots, used, version, driver, boundary, missing) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
       ON CONFLICT (id) DO UPDATE SET pool = $2, slots = $3, used = $4, version = $5, driver = $6, boundary = $7, missing = $8, last_seen = now()`,
      [
        report.runnerId,
        report.pool,
        report.slots,
        report.used,
        report.version,
        report.driver,
        report.boundary,
        JSON.stringify(report.missing),
      ],
    );
    const [row]: { runners: number }[] = await this.dataSource.query(
      'SELECT count(*)::int AS runners FROM runners WHERE pool = $1',
      [report.pool],
    );
    return { leaseSeconds: (row?.runners ?? 1) > 1 ? LEASE_SECONDS : 0, drain: false };
  }
}
