export type { TypedCallOptions } from './calls.js';
export { CHANNEL_OPTIONS, connected } from './channel.js';
export { createGrpcClient, type GrpcCalls, type GrpcClient, type GrpcClientSettings } from './create-grpc-client.js';
export { fromServiceError } from './from-service-error.js';
export { METADATA_KEYS } from '../call-metadata.js';
export { MAX_MESSAGE_BYTES } from '../limits.js';
