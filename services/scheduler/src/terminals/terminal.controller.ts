import { Controller } from '@nestjs/common';
import { GrpcMethod, GrpcStreamMethod } from '@nestjs/microservices';
import type { OpenTerminalRequest, OpenTerminalResponse } from '@heddle/contracts';
import type {
  AttachTerminalRequest,
  AttachTerminalResponse,
  WatchTerminalsRequest,
  WatchTerminalsResponse,
} from '@heddle/contracts/internal';
import { TerminalMeeting } from './terminal-meeting.js';
import { TerminalService } from './terminal.service.js';

/** As far as a handler looks at its call. */
interface Call {
  readonly cancelled: boolean;
  once(event: 'cancelled', listener: () => void): unknown;
}

@Controller()
export class TerminalController {
  constructor(
    private readonly terminals: TerminalService,
    private readonly meeting: TerminalMeeting,
  ) {}

  @GrpcStreamMethod('AttemptService', 'OpenTerminal')
  open(requests: AsyncIterable<OpenTerminalRequest>, _: unknown, call: Call): AsyncGenerator<OpenTerminalResponse> {
    return this.terminals.open(requests[Symbol.asyncIterator](), goneSignal(call));
  }

  @GrpcMethod('TerminalRelayService', 'WatchTerminals')
  async *watch({ runnerId }: WatchTerminalsRequest, _: unknown, call: Call): AsyncGenerator<WatchTerminalsResponse> {
    for await (const terminalId of this.meeting.watch(runnerId, goneSignal(call))) yield { terminalId };
  }

  @GrpcStreamMethod('TerminalRelayService', 'AttachTerminal')
  attach(requests: AsyncIterable<AttachTerminalRequest>): AsyncGenerator<AttachTerminalResponse> {
    return this.meeting.attach(requests[Symbol.asyncIterator]());
  }
}

function goneSignal(call: Call): AbortSignal {
  const gone = new AbortController();
  call.once('cancelled', () => {
    gone.abort(new Error('the caller went away'));
  });
  if (call.cancelled) gone.abort(new Error('the caller went away'));
  return gone.signal;
}
