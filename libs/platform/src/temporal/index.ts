export { connectTemporal, type TemporalClient, type TemporalSettings } from './connect-temporal.js';
export { heartbeating } from './heartbeating.js';
export { installTemporalRuntime } from './install-runtime.js';
export {
  TemporalWorkerHost,
  type HostedWorker,
  type HostedWorkerOptions,
  type WorkerHostSettings,
} from './temporal-worker-host.js';
