export { requestContext, type RequestContext } from './request-context.js';
export { isTraceparent, newTraceparent, traceIdOf } from './traceparent.js';
