import { AsyncLocalStorage } from 'node:async_hooks';

/** Who asks, and what the work is about. It follows a request through every hop and into every log line. */
export interface RequestContext {
  readonly requestId: string;
  /** Empty when the caller is the platform itself. */
  readonly principal: string;
  readonly role: string;
  /** W3C trace context; kept with the task and passed on by every hop. */
  readonly traceparent: string;
  readonly batchId?: string;
  readonly taskId?: string;
  readonly attemptId?: string;
  readonly landingId?: string;
  readonly jobId?: string;
  readonly trialId?: string;
}

const storage = new AsyncLocalStorage<RequestContext>();

export const requestContext = {
  run<T>(context: RequestContext, effect: () => T): T {
    return storage.run(context, effect);
  },
  get(): RequestContext | undefined {
    return storage.getStore();
  },
  /** Runs with some fields of the present context replaced; without a context the rest is made afresh. */
  extend<T>(fields: Partial<RequestContext>, effect: () => T): T {
    return storage.run({ ...(storage.getStore() ?? platformContext()), ...fields }, effect);
  },
} as const;

function platformContext(): RequestContext {
  return { requestId: '', principal: '', role: '', traceparent: '' };
}
