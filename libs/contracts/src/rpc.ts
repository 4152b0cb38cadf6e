// google.rpc: Status and the standard error details.
export * from './generated/rpc.js';
export { Any } from './generated/google/protobuf/any.js';
