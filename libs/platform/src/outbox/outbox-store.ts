import pg from 'pg';

export interface OutboxRow {
  readonly sequence: string;
  readonly eventId: string;
  readonly aggregate: string;
  readonly aggregateId: string;
  readonly payload: string;
}

export interface SentRow {
  readonly sequence: string;
  readonly eventId: string;
  readonly streamSequence: number;
  readonly streamEpoch: string;
}

export interface Receipt {
  readonly sequence: string;
  readonly streamSequence: number;
}

export function aggregateKey(row: Pick<OutboxRow, 'aggregate' | 'aggregateId'>): string {
  return `${row.aggregate}/${row.aggregateId}`;
}

/** The relay's statements on the tables of one schema, over the relay's own connection. */
export class OutboxStore {
  private readonly outbox: string;
  private readonly requestLog: string;

  constructor(
    private readonly client: pg.Client,
    schema: string,
  ) {
    this.outbox = `${pg.escapeIdentifier(schema)}.outbox`;
    this.requestLog = `${pg.escapeIdentifier(schema)}.request_log`;
  }

  /**
   * Oldest first; commits overtake each other, so this never goes by a cursor.
   * @param without keys of aggregates that are left out
   */
  async unpublished(limit: number, without: readonly string[]): Promise<OutboxRow[]> {
    const { rows } = await this.client.query<OutboxRow>(
      `SELECT sequence::text, event_id AS "eventId", aggregate, aggregate_id AS "aggregateId", payload
       FROM ${this.outbox} AS o WHERE published_at IS NULL AND aggregate || '/' || aggregate_id <> ALL($2::text[])
       ORDER BY o.sequence LIMIT $1`,
      [limit, without],
    );
    return rows;
  }

  async markPublished(receipts: readonly Receipt[], streamEpoch: string): Promise<void> {
    await this.client.query(
      `UPDATE ${this.outbox} AS o SET published_at = now(), stream_sequence = r.stream_sequence, stream_epoch = $3
       FROM unnest($1::bigint[], $2::bigint[]) AS r(sequence, stream_sequence) WHERE o.sequence = r.sequence`,
      [receipts.map((receipt) => receipt.sequence), receipts.map((receipt) => receipt.streamSequence), streamEpoch],
    );
  }

  /** Sent rows, newest in the stream first. */
  async sent(before: number | undefined, limit: number, streamEpoch: string): Promise<SentRow[]> {
    const { rows } = await this.client.query<{
      sequence: string;
      eventId: string;
      streamSequence: string;
      streamEpoch: string;
    }>(
      `SELECT sequence::text, event_id AS "eventId", stream_sequence AS "streamSequence", stream_epoch AS "streamEpoch" FROM ${this.outbox}
       WHERE published_at IS NOT NULL AND stream_epoch = $3 AND ($1::bigint IS NULL OR stream_sequence < $1) ORDER BY stream_sequence DESC LIMIT $2`,
      [before ?? null, limit, streamEpoch],
    );
    return rows.map((row) => ({ ...row, streamSequence: Number(row.streamSequence) }));
  }

  /** Rows that went to a stream that is no longer: all are to be sent again. */
  async unsendOtherEpochs(streamEpoch: string): Promise<number> {
    const { rowCount } = await this.client.query(
      `UPDATE ${this.outbox} SET published_at = NULL, stream_sequence = NULL, stream_epoch = NULL WHERE published_at IS NOT NULL AND stream_epoch <> $1`,
      [streamEpoch],
    );
    return rowCount ?? 0;
  }

  async unsend(sequences: readonly string[]): Promise<void> {
    await this.client.query(
      `UPDATE ${this.outbox} SET published_at = NULL, stream_sequence = NULL, stream_epoch = NULL WHERE sequence = ANY($1::bigint[])`,
      [sequences],
    );
  }

  /** Removes what is kept long enough: sent events and answers of requests after seven days. */
  async prune(): Promise<void> {
    await this.client.query(`DELETE FROM ${this.outbox} WHERE published_at < now() - interval '7 days'`);
    await this.client.query(`DELETE FROM ${this.requestLog} WHERE created_at < now() - interval '7 days'`);
  }

  /** How many events wait, and for how many seconds the oldest does. */
  async backlog(): Promise<{ waiting: number; oldestSeconds: number }> {
    const { rows } = await this.client.query<{ waiting: string; oldest: string | null }>(
      `SELECT count(*) AS waiting, extract(epoch FROM now() - min(created_at)) AS oldest FROM ${this.outbox} WHERE published_at IS NULL`,
    );
    return { waiting: Number(rows[0]?.waiting ?? 0), oldestSeconds: Number(rows[0]?.oldest ?? 0) };
  }
}
