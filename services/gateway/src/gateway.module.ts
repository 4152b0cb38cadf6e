import {
  Inject,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { NatsConnection } from '@nats-io/transport-node';
import { HealthRegistry } from '@heddle/platform/health';
import type { Logger } from '@heddle/platform/logging';
import { LOGGER } from '@heddle/platform/service';
import type { GatewayConfig } from './config.js';
import { openGateway, type Gateway } from './gateway.js';

const CONFIG = Symbol('gateway config');
const NATS = Symbol('nats connection');

/** Ties the gateway's life to the process's. */
@Module({})
export class GatewayModule implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  private gateway: Gateway | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: GatewayConfig,
    @Inject(NATS) private readonly nc: NatsConnection,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly health: HealthRegistry,
  ) {}

  static register(config: GatewayConfig, nc: NatsConnection): DynamicModule {
    return {
      module: GatewayModule,
      providers: [
        { provide: CONFIG, useValue: config },
        { provide: NATS, useValue: nc },
      ],
    };
  }

  async onApplicationBootstrap(): Promise<void> {
    this.health.add('nats', () => this.nc.rtt());
    this.gateway = await openGateway(this.config, this.nc, this.logger);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.gateway?.stop();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.nc.drain();
  }
}
