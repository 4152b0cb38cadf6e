import { readFileSync } from 'node:fs';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Logger } from '@heddle/platform/logging';
import { MethodCatalog } from './catalog/method-catalog.js';
import type { GatewayConfig } from './config.js';
import { Backends } from './dispatch/backends.js';
import { Dispatcher } from './dispatch/dispatcher.js';
import { serviceAddresses } from './dispatch/service-addresses.js';
import { streamEventsHandler } from './events/event-handlers.js';
import { EventReader } from './events/event-reader.js';
import { GrpcDoor } from './grpc-door/grpc-door.js';
import { Authenticator } from './identity/authenticator.js';
import { streamActivitiesHandler, streamLogsHandler } from './logs/log-handlers.js';
import { LogOwners } from './logs/log-owners.js';
import { LogReader } from './logs/log-reader.js';
import { LogStore } from './logs/log-store.js';
import { openapiDocument } from './openapi/openapi-document.js';
import { downloadRenderer } from './rest-door/download-renderer.js';
import { eventRenderer } from './rest-door/event-renderer.js';
import { activityRenderer, logRenderer } from './rest-door/log-renderer.js';
import { RestDoor } from './rest-door/rest-door.js';
import { MessageSource } from './streams/message-source.js';
import { systemHandlers } from './system/system-handlers.js';

/** The gateway with both doors open. */
export interface Gateway {
  readonly httpPort: number;
  readonly grpcPort: number;
  /** Ends streams, lets calls in flight end, closes both doors and the connections behind them. */
  stop(): Promise<void>;
}

export type GatewaySettings = Pick<
  GatewayConfig,
  | 'HEDDLE_HOST'
  | 'HEDDLE_HTTP_PORT'
  | 'HEDDLE_GRPC_PORT'
  | 'HEDDLE_ADMIN_TOKEN'
  | 'HEDDLE_INTERNAL_TOKEN'
  | 'HEDDLE_SCHEDULER_ADDRESS'
  | 'HEDDLE_REVIEW_ADDRESS'
>;

const EVENTS = 'heddle.v1.EventService/StreamEvents';
const LOGS = 'heddle.v1.EventService/StreamLogs';
const ACTIVITIES = 'heddle.v1.EventService/StreamActivities';
const PATCH = 'heddle.v1.ChangeService/DownloadPatch';
const GRACE_MS = 5_000;

/** Builds the gateway from its parts and opens both doors. */
export async function openGateway(config: GatewaySettings, nc: NatsConnection, logger: Logger): Promise<Gateway> {
  const [scheduler, review] = [config.HEDDLE_SCHEDULER_ADDRESS, config.HEDDLE_REVIEW_ADDRESS];
  const internalToken = config.HEDDLE_INTERNAL_TOKEN;
  const catalog = new MethodCatalog();
  const backends = new Backends({ internalToken, addresses: serviceAddresses(scheduler, review) });
  const owners = new LogOwners({ scheduler, review }, { internalToken, deadlineMs: 5_000 });
  const source = new MessageSource(nc, logger);
  const logs = new LogReader(source, new LogStore(nc), owners, logger);
  const events = new EventReader(source, logger);
  const dispatcher = new Dispatcher(new Authenticator(config.HEDDLE_ADMIN_TOKEN), backends, {
    unary: systemHandlers(productVersion()),
    streams: {
      [EVENTS]: streamEventsHandler(events),
      [LOGS]: streamLogsHandler(logs),
      [ACTIVITIES]: streamActivitiesHandler(logs),
    },
  });
  const renderers = {
    [EVENTS]: eventRenderer(events),
    [LOGS]: logRenderer(logs),
    [ACTIVITIES]: activityRenderer(logs),
    [PATCH]: downloadRenderer(dispatcher, 'text/x-patch'),
  };
  const grpc = new GrpcDoor(catalog, dispatcher, logger);
  const rest = new RestDoor({ catalog, dispatcher, renderers, openapi: openapiDocument, logger });
  const grpcPort = await grpc.start(config.HEDDLE_HOST, config.HEDDLE_GRPC_PORT);
  const httpPort = await rest.start(config.HEDDLE_HOST, config.HEDDLE_HTTP_PORT);
  logger.info({ httpPort, grpcPort }, 'both doors are open');
  return {
    httpPort,
    grpcPort,
    async stop() {
      await Promise.all([grpc.stop(GRACE_MS), rest.stop(GRACE_MS)]);
      backends.close();
      owners.close();
    },
  };
}

function productVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown';
}
