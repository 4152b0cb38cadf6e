import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type {
  DeletePriceRequest,
  DeletePriceResponse,
  ListPricesResponse,
  Price,
  SetPriceRequest,
} from '@heddle/contracts';
import { PriceService } from './price.service.js';

@Controller()
export class PriceController {
  constructor(private readonly prices: PriceService) {}

  @GrpcMethod('PriceService', 'SetPrice')
  set(request: SetPriceRequest): Promise<Price> {
    return this.prices.set(request);
  }

  @GrpcMethod('PriceService', 'ListPrices')
  list(): Promise<ListPricesResponse> {
    return this.prices.list();
  }

  @GrpcMethod('PriceService', 'DeletePrice')
  async delete(request: DeletePriceRequest): Promise<DeletePriceResponse> {
    await this.prices.delete(request.id);
    return {};
  }
}
