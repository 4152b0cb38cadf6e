import {
  TerminalRelayServiceClient,
  type AttachTerminalRequest,
  type AttachTerminalResponse,
} from '@heddle/contracts/internal';
import { createGrpcClient } from '@heddle/platform/grpc-client';

/** Where people's terminals and runners meet: at the scheduler, which this runner goes to. */
export interface TerminalRelay {
  /** Ids of terminals that wait for this runner, until the connection breaks. */
  watch(runnerId: string, signal: AbortSignal): AsyncIterable<string>;
  attach(messages: AsyncIterable<AttachTerminalRequest>, signal: AbortSignal): AsyncIterable<AttachTerminalResponse>;
  close(): void;
}

export function createTerminalRelay(schedulerAddress: string, internalToken: string): TerminalRelay {
  const client = createGrpcClient(TerminalRelayServiceClient, schedulerAddress, { internalToken });
  return {
    async *watch(runnerId, signal) {
      for await (const { terminalId } of client.watchTerminals({ runnerId }, { signal })) yield terminalId;
    },
    attach: (messages, signal) => client.attachTerminal(messages, { signal }),
    close() {
      client.close();
    },
  };
}
