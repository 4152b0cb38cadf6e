export { startPlatform } from './launcher/platform.js';
export type { PlatformOptions, RunningPlatform } from './launcher/running-platform.js';
export { REPOSITORY_ROOT } from './launcher/repository-root.js';
export { runJsonFile, type RunJson } from './launcher/run-json.js';
export { SERVICES, type ServiceDefinition, type Wiring } from './launcher/service-table.js';
export { cacheDirectory } from './servers/directories.js';
export { SetupError, type SetupReason } from './servers/setup.error.js';
export type { Say } from './servers/progress.js';
