import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { collectDefaultMetrics, register } from 'prom-client';
import type { HealthRegistry } from './health-registry.js';

/** `/healthz` (alive), `/readyz` (can serve, with the state of each check), `/metrics` (Prometheus), for the operator's network only. */
export class HealthServer {
  private server: Server | undefined;

  constructor(private readonly health: HealthRegistry) {}

  /** @returns the port it listens on */
  async start(host: string, port: number): Promise<number> {
    if (register.getSingleMetric('process_cpu_seconds_total') === undefined) collectDefaultMetrics();
    const server = createServer((request, response) => {
      this.answer(request.url ?? '/', response).catch((error: unknown) => {
        respond(response, 500, 'text/plain', error instanceof Error ? error.message : 'failed');
      });
    });
    this.server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
    return (server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const server = this.server;
    this.server = undefined;
    if (server === undefined) return;
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  private async answer(path: string, response: ServerResponse): Promise<void> {
    switch (path.split('?')[0]) {
      case '/healthz':
        respond(response, 200, 'text/plain', 'ok');
        break;
      case '/readyz': {
        const readiness = await this.health.readiness();
        respond(response, readiness.ready ? 200 : 503, 'application/json', JSON.stringify(readiness));
        break;
      }
      case '/metrics':
        respond(response, 200, register.contentType, await register.metrics());
        break;
      default:
        respond(response, 404, 'text/plain', 'not found');
    }
  }
}

function respond(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type }).end(`${body}\n`);
}
