export { HealthRegistry, type HealthCheck, type Readiness } from './health-registry.js';
export { HealthServer } from './health-server.js';
