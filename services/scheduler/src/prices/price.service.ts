import { Injectable } from '@nestjs/common';
import type { ListPricesResponse, Price, SetPriceRequest } from '@heddle/contracts';
import { fieldInvalid, HeddleError } from '@heddle/domain';
import { newId, requireId } from '@heddle/platform/ids';
import { DataSource } from 'typeorm';
import { priceViolations } from './price-violations.js';

const MAX_PRICES = 1_000;
/** Where no time is given: what was used before anybody set a price has it too. */
const BEGINNING = new Date(0);

interface PriceRow {
  readonly id: string;
  readonly provider: string;
  readonly model: string;
  readonly currency_code: string;
  readonly input: string;
  readonly cached_input: string | null;
  readonly output: string;
  readonly reasoning: string | null;
  readonly valid_from_time: Date;
}

/** The price table. What has been used is priced when it is looked at: a row that is put right counts for the past too. */
@Injectable()
export class PriceService {
  constructor(private readonly dataSource: DataSource) {}

  /** @throws HeddleError FIELD_INVALID, QUOTA_EXCEEDED */
  async set(request: SetPriceRequest): Promise<Price> {
    const violations = priceViolations(request);
    if (violations.length > 0) throw fieldInvalid(violations);
    const [count]: [{ prices: number }] = await this.dataSource.query('SELECT count(*)::int AS prices FROM prices');
    if (count.prices >= MAX_PRICES)
      throw new HeddleError('QUOTA_EXCEEDED', `The price table has at most ${String(MAX_PRICES)} rows`, {
        metadata: { maximum: String(MAX_PRICES) },
      });
    const [row]: [PriceRow] = await this.dataSource.query(
      `INSERT INTO prices (id, provider, model, currency_code, valid_from_time, input, cached_input, output, reasoning)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
       ON CONFLICT (provider, model, currency_code, valid_from_time)
         DO UPDATE SET input = $6, cached_input = $7, output = $8, reasoning = $9
       RETURNING *`,
      [
        newId(),
        request.provider,
        request.model,
        request.currencyCode,
        request.validFromTime ?? BEGINNING,
        request.input,
        request.cachedInput ?? null,
        request.output,
        request.reasoning ?? null,
      ],
    );
    return toPrice(row);
  }

  async list(): Promise<ListPricesResponse> {
    const rows: PriceRow[] = await this.dataSource.query(
      'SELECT * FROM prices ORDER BY provider, model, currency_code, valid_from_time',
    );
    return { prices: rows.map(toPrice) };
  }

  /** @throws HeddleError PRICE_NOT_FOUND */
  async delete(id: string): Promise<void> {
    requireId(id, 'PRICE_NOT_FOUND', 'price');
    const [rows]: [unknown[], number] = await this.dataSource.query('DELETE FROM prices WHERE id = $1 RETURNING id', [
      id,
    ]);
    if (rows.length === 0) throw new HeddleError('PRICE_NOT_FOUND', `There is no price ${id}`, { metadata: { id } });
  }
}

function toPrice(row: PriceRow): Price {
  return {
    id: row.id,
    provider: row.provider,
    model: row.model,
    currencyCode: row.currency_code,
    input: row.input,
    cachedInput: row.cached_input ?? undefined,
    output: row.output,
    reasoning: row.reasoning ?? undefined,
    validFromTime: row.valid_from_time,
  };
}
