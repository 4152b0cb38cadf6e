import {
  status,
  type sendUnaryData,
  type Server,
  type ServerUnaryCall,
  type ServerWritableStream,
} from '@grpc/grpc-js';
import { dynamicMessage, type JsonObject } from './dynamic-message.js';

type Watcher = ServerWritableStream<JsonObject, JsonObject>;

const SERVICE = 'grpc.health.v1.Health';

/** The standard health protocol, open to everyone, for the server and each public service. */
export class GrpcHealth {
  private readonly known: ReadonlySet<string>;
  private readonly watchers = new Set<Watcher>();
  private serving = true;

  constructor(services: readonly string[]) {
    this.known = new Set(['', ...services]);
  }

  addTo(server: Server): void {
    const request = dynamicMessage('grpc.health.v1.HealthCheckRequest');
    const response = dynamicMessage('grpc.health.v1.HealthCheckResponse');
    const shape = {
      requestStream: false,
      requestSerialize: request.serialize,
      requestDeserialize: request.deserialize,
      responseSerialize: response.serialize,
      responseDeserialize: response.deserialize,
    };
    server.addService(
      {
        Check: { ...shape, path: `/${SERVICE}/Check`, responseStream: false },
        Watch: { ...shape, path: `/${SERVICE}/Watch`, responseStream: true },
      },
      {
        Check: (call: ServerUnaryCall<JsonObject, JsonObject>, callback: sendUnaryData<JsonObject>) => {
          if (this.isKnown(call.request['service'])) callback(null, this.state());
          else callback({ code: status.NOT_FOUND, details: 'unknown service' });
        },
        Watch: (call: Watcher) => {
          call.write(this.isKnown(call.request['service']) ? this.state() : { status: 'SERVICE_UNKNOWN' });
          this.watchers.add(call);
          call.on('cancelled', () => this.watchers.delete(call));
        },
      },
    );
  }

  /** Tells everyone who watches, and lets them go. */
  stop(): void {
    this.serving = false;
    for (const watcher of this.watchers) {
      watcher.write(this.state());
      watcher.end();
    }
    this.watchers.clear();
  }

  private isKnown(service: unknown): boolean {
    return typeof service === 'string' && this.known.has(service);
  }

  private state(): JsonObject {
    return { status: this.serving ? 'SERVING' : 'NOT_SERVING' };
  }
}
