import { Injectable } from '@nestjs/common';
import {
  Attempt,
  SendMessageRequest,
  SendMessageRequest_Delivery as Delivery,
  type ListTurnsResponse,
} from '@heddle/contracts';
import { fieldInvalid } from '@heddle/domain';
import { requestContext } from '@heddle/platform/context';
import { answerOnce } from '@heddle/platform/outbox';
import { ChangeBell } from '@heddle/platform/waiting';
import { DataSource } from 'typeorm';
import { AttemptDispatcher } from '../attempts/attempt-dispatcher.js';
import { AttemptService } from '../attempts/attempt.service.js';
import { TurnEntity } from '../persistence/turn.entity.js';
import { addTurn } from './add-turn.js';
import { toTurn } from './turn.mapper.js';

const MAX_MESSAGE_BYTES = 256 * 1024;

/** Further turns of attempts: a row first, and their workflows look at it. */
@Injectable()
export class TurnService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly attempts: AttemptService,
    private readonly dispatcher: AttemptDispatcher,
    private readonly bell: ChangeBell,
  ) {}

  /** @throws HeddleError as `addTurn`; FIELD_INVALID */
  async send(request: SendMessageRequest): Promise<Attempt> {
    requireMessage(request);
    let moved: readonly string[] = [];
    const attempt = await answerOnce(
      this.dataSource,
      {
        method: 'heddle.v1.AttemptService/SendMessage',
        requestId: request.requestId,
        request,
        requestCodec: SendMessageRequest,
        responseCodec: Attempt,
      },
      () => this.attempts.row(request.id),
      async (manager, { id }) => {
        const added = await addTurn(manager, id, {
          message: request.text,
          principal: requestContext.get()?.principal ?? '',
          interrupts: request.delivery === Delivery.INTERRUPT,
          steers: request.delivery === Delivery.STEER,
        });
        moved = added.moved;
        return added.attempt;
      },
    );
    this.told(moved);
    return attempt;
  }

  async list(id: string): Promise<ListTurnsResponse> {
    const { id: attemptId } = await this.attempts.row(id);
    const rows = await this.dataSource.manager.find(TurnEntity, { where: { attemptId }, order: { turn: 'ASC' } });
    return { turns: rows.map(toTurn) };
  }

  /** After the transaction that added a turn. */
  told(moved: readonly string[]): void {
    this.bell.ring(...moved);
    this.dispatcher.poke();
  }
}

function requireMessage({ text }: SendMessageRequest): void {
  if (text.trim() === '' || text.includes('\0') || Buffer.byteLength(text) > MAX_MESSAGE_BYTES)
    throw fieldInvalid([{ field: 'text', description: 'must be text, not empty, of up to 256 KiB without a NUL' }]);
}
