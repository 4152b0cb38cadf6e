import { pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino';
import { requestContext } from '../context/request-context.js';
import { traceIdOf } from '../context/traceparent.js';

export type { Logger } from 'pino';

const SECRETS = ['token', 'password', 'secret', 'authorization', 'internalToken', 'adminToken'];

/**
 * JSON lines on standard output. Every line carries the ids of the request context it was written in.
 * @param level one of pino's words; `info` if absent
 */
export function createLogger(service: string, level = 'info', destination?: DestinationStream): Logger {
  const options = {
    level,
    base: { service, pid: process.pid },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    mixin: contextFields,
    redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`]), censor: '[redacted]' },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

function contextFields(): Record<string, string> {
  const context = requestContext.get();
  if (context === undefined) return {};
  const { requestId, principal, traceparent, batchId, taskId, attemptId, landingId, jobId, trialId } = context;
  const fields = {
    requestId,
    principal,
    traceId: traceIdOf(traceparent),
    batchId,
    taskId,
    attemptId,
    landingId,
    jobId,
    trialId,
  };
  const present = Object.entries(fields).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '',
  );
  return Object.fromEntries(present);
}
