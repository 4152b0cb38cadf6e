import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { EgressScheme } from '../record/egress-record.js';
import type { EgressContext } from '../routing/egress-context.js';
import { EgressFault, internalFault } from '../routing/egress-fault.js';
import { declineUpgrade } from './decline-upgrade.js';
import type { AnyRequest, AnyResponse } from './exchange.js';
import type { HttpUpstream } from './http-upstream.js';
import type { RequestTarget } from './request-target.js';
import { answerFault, serveRequest } from './serve-request.js';
import { isWebSocket, serveUpgrade } from './serve-upgrade.js';

/** How the requests of a connection say where they go. */
export interface Locator {
  /** For the record of a request that does not say it properly. */
  readonly subject: { readonly host: string; readonly port: number; readonly scheme: EgressScheme };
  /** Throws an EgressFault. */
  readonly target: (request: AnyRequest) => RequestTarget;
}

/** What all servers do with their requests. Whatever goes wrong costs the one request. */
export class RequestHandlers {
  constructor(
    private readonly context: EgressContext,
    private readonly http: HttpUpstream,
  ) {}

  serve(request: AnyRequest, response: AnyResponse, locator: Locator): void {
    const target = this.locate(request, locator);
    if (target instanceof EgressFault) {
      answerFault(request, response, target);
      return;
    }
    serveRequest(this.context, this.http, { request, response, target }).catch((error: unknown) => {
      this.recordBug(target, error);
      response.destroy();
    });
  }

  upgrade(request: IncomingMessage, client: Socket, head: Buffer, locator: Locator): void {
    if (!isWebSocket(request)) {
      const response = declineUpgrade(request, client);
      if (response === undefined) client.destroy();
      else this.serve(request, response, locator);
      return;
    }
    const target = this.locate(request, locator);
    if (target instanceof EgressFault) {
      client.destroy();
      return;
    }
    serveUpgrade(this.context, this.http, { request, client, head, target }).catch((error: unknown) => {
      this.recordBug(target, error);
      client.destroy();
    });
  }

  /** Records what is refused for its form. */
  private locate(request: AnyRequest, { subject, target }: Locator): RequestTarget | EgressFault {
    try {
      return target(request);
    } catch (error) {
      if (!(error instanceof EgressFault)) throw error;
      this.context.recorder.refuse({ ...subject, method: request.method ?? '' }, error);
      return error;
    }
  }

  private recordBug({ host, port, scheme }: RequestTarget, error: unknown): void {
    this.context.recorder.refuse({ host, port, scheme }, internalFault(error));
  }
}
