import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Terminal } from '@heddle/contracts';
import { toCanonicalJson } from '@heddle/contracts/json';
import type { Logger } from '@heddle/platform/logging';
import { newId } from '@heddle/platform/ids';
import { appendEvent } from '@heddle/platform/outbox';
import { LOGGER } from '@heddle/platform/service';
import { toDuration } from '@heddle/platform/waiting';
import { DataSource, type EntityManager } from 'typeorm';
import type { AttemptEntity } from '../persistence/attempt.entity.js';

export interface TerminalEnd {
  readonly reason: string;
  readonly exitCode?: number | undefined;
  readonly bytesReceived: number;
  readonly bytesSent: number;
}

interface TerminalRow {
  readonly id: string;
  readonly attempt_id: string;
  readonly task_id: string;
  readonly batch_id: string;
  readonly principal: string;
  readonly runner_id: string;
  readonly open_time: Date;
  readonly close_time: Date | null;
  readonly close_reason: string;
  readonly exit_code: number | null;
  readonly bytes_received: string;
  readonly bytes_sent: string;
}

const SEEN_EVERY_MS = 30_000;
/** Whoever has it says so four times as often. */
const LOST_AFTER = '2 minutes';

/** The record of who opened a terminal where: its row and events are there before a program starts. */
@Injectable()
export class TerminalRecords implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  /** Of this process. */
  private readonly open = new Set<string>();

  constructor(
    private readonly dataSource: DataSource,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    const look = (): void => {
      this.look().catch((error: unknown) => {
        this.logger.warn({ err: error }, 'could not look after the record of terminals');
      });
    };
    this.timer = setInterval(look, SEEN_EVERY_MS);
    look();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  async opened(attempt: AttemptEntity, runnerId: string, principal: string): Promise<Terminal> {
    const id = newId();
    this.open.add(id);
    try {
      return await this.dataSource.transaction(async (manager) => {
        await manager.query('INSERT INTO terminals (id, attempt_id, principal, runner_id) VALUES ($1, $2, $3, $4)', [
          id,
          attempt.id,
          principal,
          runnerId,
        ]);
        return tell(manager, id, 1, 'terminal.opened');
      });
    } catch (error) {
      this.open.delete(id);
      throw error;
    }
  }

  /** The first end counts. */
  async closed(id: string, { reason, exitCode, bytesReceived, bytesSent }: TerminalEnd): Promise<void> {
    try {
      await this.dataSource.transaction(async (manager) => {
        const [, count]: [unknown, number] = await manager.query(
          `UPDATE terminals SET close_time = now(), close_reason = $2, exit_code = $3, bytes_received = $4,
             bytes_sent = $5 WHERE id = $1 AND close_time IS NULL`,
          [id, reason, exitCode ?? null, bytesReceived, bytesSent],
        );
        if (count > 0) await tell(manager, id, 2, 'terminal.closed');
      });
    } finally {
      // One whose end could not be written is nobody's from now on: a later look writes it.
      this.open.delete(id);
    }
  }

  /** Says of this process's that they are open, and writes the end of those that nobody says it of any more. */
  async look(): Promise<void> {
    await this.dataSource.query('UPDATE terminals SET seen_time = now() WHERE id = ANY($1)', [[...this.open]]);
    const lost: { id: string }[] = await this.dataSource.query(
      `SELECT id FROM terminals WHERE close_time IS NULL AND seen_time < now() - interval '${LOST_AFTER}'`,
    );
    for (const { id } of lost) await this.closed(id, { reason: 'PLATFORM_STOPPED', bytesReceived: 0, bytesSent: 0 });
  }
}

async function tell(manager: EntityManager, id: string, version: number, type: string): Promise<Terminal> {
  const [row]: TerminalRow[] = await manager.query(
    `SELECT t.*, a.task_id, a.batch_id FROM terminals t JOIN attempts a ON a.id = t.attempt_id WHERE t.id = $1`,
    [id],
  );
  if (row === undefined) throw new Error('unreachable: it was written in this transaction');
  const terminal = toTerminal(row);
  const data = toCanonicalJson('heddle.v1.Terminal', Terminal, terminal);
  await appendEvent(manager, { aggregate: 'terminal', id, version, type, data });
  return terminal;
}

function toTerminal(row: TerminalRow): Terminal {
  return {
    id: row.id,
    attemptId: row.attempt_id,
    taskId: row.task_id,
    batchId: row.batch_id,
    principal: row.principal,
    runnerId: row.runner_id,
    openTime: row.open_time,
    closeTime: row.close_time ?? undefined,
    closeReason: row.close_reason,
    exitCode: row.exit_code ?? undefined,
    bytesReceived: row.bytes_received,
    bytesSent: row.bytes_sent,
    duration: toDuration((row.close_time ?? row.open_time).getTime() - row.open_time.getTime()),
  };
}
