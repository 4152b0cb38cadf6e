import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { HealthRegistry } from '../health/health-registry.js';
import type { Logger } from '../logging/create-logger.js';

/** Injects the process's `Logger`. */
export const LOGGER = Symbol('heddle logger');

/** Wraps a service's module and gives everything in it `LOGGER` and `HealthRegistry`. */
@Module({})
export class PlatformModule {
  static around(module: Type | DynamicModule, logger: Logger, health: HealthRegistry): DynamicModule {
    const providers = [
      { provide: LOGGER, useValue: logger },
      { provide: HealthRegistry, useValue: health },
    ];
    return { module: PlatformModule, global: true, imports: [module], providers, exports: [LOGGER, HealthRegistry] };
  }
}
