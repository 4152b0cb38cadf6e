import type { Forecast, ListForecastsFilter } from '../models.js';
import { segment } from '../http/query.js';
import type { CallOptions } from '../http/transport.js';
import { Resource, type ListOptions } from './resource.js';

export class Forecasts extends Resource {
  /** What was foretold, and what came of it so far. */
  getById(id: string, options?: CallOptions): Promise<Forecast> {
    return this.get(`/v1/forecasts/${segment(id)}`, {}, options);
  }

  /** The newest first, without files and pairs. */
  listAll(filter: ListForecastsFilter = {}, options?: ListOptions): AsyncGenerator<Forecast, void, undefined> {
    return this.list('/v1/forecasts', 'forecasts', filter, options);
  }
}
