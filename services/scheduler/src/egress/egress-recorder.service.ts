import { Injectable } from '@nestjs/common';
import { EgressRefusal } from '@heddle/contracts';
import { toCanonicalJson } from '@heddle/contracts/json';
import { SandboxOwner_Kind, type RecordEgressRequest } from '@heddle/contracts/internal';
import { HeddleError } from '@heddle/domain';
import { requireId } from '@heddle/platform/ids';
import { appendEvents, type NewEvent } from '@heddle/platform/outbox';
import { DataSource, type EntityManager } from 'typeorm';
import { AttemptEntity } from '../persistence/attempt.entity.js';
import { EGRESS_COLUMNS, toEgressRequest, toRow, type EgressRow } from './egress-rows.js';

/** An agent may ask as often as it likes; what comes after so many is not kept, and the list says so. */
export const MAX_RECORDS = 100_000;
/** So many hosts are told of by events; the list has all. */
const MAX_EVENTS = 100;

/** Keeps what the sandboxes of an attempt asked of the network. */
@Injectable()
export class EgressRecorder {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Records of an earlier fence are taken too: they tell of what has happened. A repeat of what is stored succeeds, and so
   * do records of landings and jobs, which have no place here.
   * @throws HeddleError ATTEMPT_NOT_FOUND, FENCE_SUPERSEDED for a fence that was never given out
   */
  async record({ owner, requests }: RecordEgressRequest): Promise<void> {
    if (owner?.kind !== SandboxOwner_Kind.ATTEMPT || requests.length === 0) return;
    requireId(owner.id, 'ATTEMPT_NOT_FOUND', 'attempt');
    await this.dataSource.transaction(async (manager) => {
      // Numbers within the attempt have no gaps, and its events no rival.
      const attempt = await manager.findOne(AttemptEntity, {
        where: { id: owner.id },
        lock: { mode: 'for_no_key_update' },
      });
      if (attempt === null)
        throw new HeddleError('ATTEMPT_NOT_FOUND', `There is no attempt ${owner.id}`, { metadata: { id: owner.id } });
      if (BigInt(owner.fence) > BigInt(attempt.fence))
        throw new HeddleError('FENCE_SUPERSEDED', `Attempt ${owner.id} has no fence ${owner.fence} yet`, {
          metadata: { fence: owner.fence, newest: attempt.fence },
        });
      const told = await refusedHosts(manager, owner.id);
      const stored = await insert(manager, owner.id, owner.fence, requests.map(toRow));
      await appendEvents(manager, refusals(attempt, stored, told));
    });
  }
}

/** Those that events told of, at most as many as events tell of; from host to host by the index, not row by row. */
async function refusedHosts(manager: EntityManager, attemptId: string): Promise<Set<string>> {
  const next = (after: string): string =>
    `SELECT host FROM egress_requests WHERE attempt_id = $1 AND verdict = 'REFUSED' ${after} ORDER BY host LIMIT 1`;
  const rows: { host: string }[] = await manager.query(
    `WITH RECURSIVE hosts AS (
       (${next('')})
       UNION ALL
       SELECT (${next('AND host > hosts.host')}) FROM hosts WHERE hosts.host IS NOT NULL)
     SELECT host FROM hosts WHERE host IS NOT NULL LIMIT $2`,
    [attemptId, MAX_EVENTS],
  );
  return new Set(rows.map(({ host }) => host));
}

/** @returns the rows that were not there before, in their order */
function insert(
  manager: EntityManager,
  attemptId: string,
  fence: string,
  rows: readonly unknown[],
): Promise<EgressRow[]> {
  return manager.query(
    `WITH last AS (SELECT coalesce(max(sequence), 0) AS sequence FROM egress_requests WHERE attempt_id = $1),
     given AS (
       SELECT DISTINCT ON (record) * FROM jsonb_to_recordset($3::jsonb) AS r(
         record bigint, time timestamptz, phase text, host text, port int, method text, path text, verdict text,
         reason text, suggestion jsonb, bytes_sent bigint, bytes_received bigint, duration_ms bigint, wait_ms bigint,
         status int)
       ORDER BY record),
     fresh AS (
       SELECT g.*, last.sequence + row_number() OVER (ORDER BY g.record) AS sequence
       FROM given AS g, last
       WHERE NOT EXISTS (
         SELECT FROM egress_requests AS e WHERE e.attempt_id = $1 AND e.fence = $2 AND e.record = g.record)),
     stored AS (
       INSERT INTO egress_requests (attempt_id, fence, record, ${EGRESS_COLUMNS})
       SELECT $1, $2, record, ${EGRESS_COLUMNS} FROM fresh WHERE sequence <= $4
       RETURNING ${EGRESS_COLUMNS})
     SELECT * FROM stored ORDER BY sequence`,
    [attemptId, fence, JSON.stringify(rows), MAX_RECORDS],
  );
}

/** One for the first refusal of each host; `told` are those that had one before. */
function refusals(attempt: AttemptEntity, rows: readonly EgressRow[], told: ReadonlySet<string>): NewEvent[] {
  const hosts = new Set(told);
  return rows.flatMap((row) => {
    if (row.verdict !== 'REFUSED' || hosts.has(row.host) || hosts.size >= MAX_EVENTS) return [];
    hosts.add(row.host);
    const refusal: EgressRefusal = {
      attemptId: attempt.id,
      taskId: attempt.taskId,
      batchId: attempt.batchId,
      request: toEgressRequest(row),
    };
    return [
      {
        aggregate: 'egress',
        id: attempt.id,
        version: hosts.size,
        type: 'egress.refused',
        data: toCanonicalJson('heddle.v1.EgressRefusal', EgressRefusal, refusal),
      },
    ];
  });
}
