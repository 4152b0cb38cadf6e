import { ServerResponse, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { hasBody } from './forwarded-request.js';

/**
 * Node hands over every request that offers another protocol; offers other than WebSocket are declined by answering as if
 * there had been none (Java offers HTTP/2 with each first request). Undefined if the request has a body: Node has not read
 * it.
 */
export function declineUpgrade(request: IncomingMessage, socket: Socket): ServerResponse | undefined {
  if (hasBody(request)) return undefined;
  const response = new ServerResponse(request);
  response.assignSocket(socket);
  response.shouldKeepAlive = false;
  response.on('finish', () => socket.end());
  return response;
}
