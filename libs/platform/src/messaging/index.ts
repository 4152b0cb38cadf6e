export { connectNats, type NatsSettings } from './connect-nats.js';
export { DurableConsumer, type DurableConsumerSettings } from './durable-consumer.js';
export { ensureStreams } from './ensure-streams.js';
export type { ConsumedMessage } from './handle-message.js';
export { streamEpoch } from './stream-epoch.js';
