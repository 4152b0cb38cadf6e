export type { TypedCallOptions } from './calls.js';
export { createGrpcClient, type GrpcCalls, type GrpcClient, type GrpcClientSettings } from './create-grpc-client.js';
export { fromServiceError } from './from-service-error.js';
