import type { Price, SetPriceInput } from '../models.js';
import { segment } from '../http/query.js';
import type { CallOptions } from '../http/transport.js';
import { Resource } from './resource.js';

const PATH = '/v1/admin/prices';

/** What a million tokens of a model cost; operators keep the table. */
export class Prices extends Resource {
  /** Takes the place of the row with the same provider, model, currency and time. */
  set(input: SetPriceInput, options?: CallOptions): Promise<Price> {
    return this.post(PATH, input, options);
  }

  async listAll(options?: CallOptions): Promise<readonly Price[]> {
    const { prices } = await this.get<{ prices: Price[] }>(PATH, {}, options);
    return prices;
  }

  async delete(id: string, options?: CallOptions): Promise<void> {
    await this.remove(`${PATH}/${segment(id)}`, options);
  }
}
