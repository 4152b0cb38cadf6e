import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type {
  Forecast,
  GetForecastRequest,
  ListForecastsRequest,
  ListForecastsResponse,
  SuggestSplitRequest,
} from '@heddle/contracts';
import { ForecastService } from './forecast.service.js';

/** The part of the batches' API that is about what a repository has, and what came of it; the scheduler has the rest. */
@Controller()
export class ForecastController {
  constructor(private readonly forecasts: ForecastService) {}

  @GrpcMethod('BatchService', 'SuggestSplit')
  suggestSplit(request: SuggestSplitRequest): Promise<Forecast> {
    return this.forecasts.suggestSplit(request);
  }

  @GrpcMethod('ForecastService', 'GetForecast')
  get({ id }: GetForecastRequest): Promise<Forecast> {
    return this.forecasts.get(id);
  }

  @GrpcMethod('ForecastService', 'ListForecasts')
  list(request: ListForecastsRequest): Promise<ListForecastsResponse> {
    return this.forecasts.list(request);
  }
}
