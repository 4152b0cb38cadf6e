export { EventRelay } from './event-relay.js';
export { LOGGER, PlatformModule } from './platform.module.js';
export { runMain } from './run-main.js';
export { runService, type RunningService, type ServiceSettings } from './run-service.js';
export { endOnSignals } from './end-on-signals.js';
