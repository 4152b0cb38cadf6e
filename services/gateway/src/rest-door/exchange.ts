import type { IncomingMessage, ServerResponse } from 'node:http';
import type { IncomingCall } from '../dispatch/call.js';

/** One REST call on its way: the two ends of the connection, and the call in the dispatcher's form. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly call: IncomingCall;
}
