import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { Attempt, ListTurnsRequest, ListTurnsResponse, SendMessageRequest } from '@heddle/contracts';
import { TurnService } from './turn.service.js';

@Controller()
export class TurnController {
  constructor(private readonly turns: TurnService) {}

  @GrpcMethod('AttemptService', 'SendMessage')
  send(request: SendMessageRequest): Promise<Attempt> {
    return this.turns.send(request);
  }

  @GrpcMethod('AttemptService', 'ListTurns')
  list(request: ListTurnsRequest): Promise<ListTurnsResponse> {
    return this.turns.list(request.id);
  }
}
