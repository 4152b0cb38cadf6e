export { incomingContext, outgoingMetadata } from './call-metadata.js';
export {
  createGrpcClient,
  fromServiceError,
  METADATA_KEYS,
  type GrpcCalls,
  type GrpcClient,
  type GrpcClientSettings,
  type TypedCallOptions,
} from './client/index.js';
export { grpcMicroservice, type GrpcServerSettings } from './grpc-microservice.js';
export { HeddleExceptionFilter, toGrpcFailure, type GrpcFailure } from './heddle-exception.filter.js';
export { HeddleGrpcServer } from './heddle-grpc-server.js';
