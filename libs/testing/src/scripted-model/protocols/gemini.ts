import { z } from 'zod';
import {
  type HistoryEntry,
  type HttpAnswer,
  type ModelProtocol,
  type ModelReply,
  type ModelRequest,
  type RefusalKind,
  replyOfCall,
  type Route,
} from '../model-protocol.js';
import { inShape, pieces, serverSentEvent } from '../request-shape.js';

const partShape = z.looseObject({
  text: z.string().optional(),
  thought: z.boolean().optional(),
  functionCall: z.looseObject({ id: z.string().optional() }).optional(),
  functionResponse: z.looseObject({}).optional(),
});

const contentShape = z.looseObject({ role: z.string().optional(), parts: z.array(partShape).default([]) });

const requestShape = z.looseObject({
  contents: z.array(contentShape).min(1),
  systemInstruction: contentShape.optional(),
  tools: z
    .array(z.looseObject({ functionDeclarations: z.array(z.looseObject({ name: z.string() })).optional() }))
    .optional(),
});

const MODEL_PATH = /\/models\/([^/:]+):(generateContent|streamGenerateContent|countTokens)$/;

/** Google's generateContent, as Gemini CLI speaks it. */
export const gemini: ModelProtocol = {
  name: 'gemini',
  route,
  read: readRequest,
  events,
  whole: (reply) => answer(reply, parts(reply), true),
  refusal,
  badRequest: (message) => failure(400, 'INVALID_ARGUMENT', message),
};

function route(method: string, { pathname }: URL): Route | undefined {
  const [, model, verb] = (method === 'POST' && MODEL_PATH.exec(pathname)) || [];
  if (model === undefined || verb === undefined) return undefined;
  if (verb === 'countTokens') {
    return {
      kind: 'side',
      answer: (body) => ({ status: 200, body: { totalTokens: Math.ceil(JSON.stringify(body).length / 4) } }),
    };
  }
  return { kind: 'model', model: decodeURIComponent(model), stream: verb === 'streamGenerateContent' };
}

function readRequest(
  body: unknown,
  { model = '', stream = false }: { model?: string; stream?: boolean },
): ModelRequest {
  const { contents, systemInstruction, tools } = inShape(requestShape, body);
  const declared = (tools ?? []).flatMap(({ functionDeclarations }) => functionDeclarations ?? []);
  return {
    model,
    stream,
    system: systemInstruction ? words(systemInstruction) : '',
    history: contents.flatMap(entries),
    tools: new Map(declared.map(({ name }) => [name, 'function'])),
  };
}

function entries(content: z.output<typeof contentShape>): HistoryEntry[] {
  if (content.role === 'model') {
    const ids = content.parts.map(({ functionCall }) => replyOfCall(functionCall?.id));
    return [{ from: 'model', reply: ids.find((reply) => reply !== undefined) }];
  }
  const text = words(content);
  const found: HistoryEntry[] = [];
  if (content.parts.some(({ functionResponse }) => functionResponse)) found.push({ from: 'tool' });
  if (text !== '') found.push({ from: 'user', text });
  return found;
}

function words({ parts: list }: z.output<typeof contentShape>): string {
  return list.flatMap(({ text }) => text ?? []).join('\n');
}

type Part = Readonly<Record<string, unknown>>;

function parts({ reasoning, text, calls }: ModelReply): Part[] {
  return [
    ...(reasoning === undefined ? [] : [{ text: reasoning, thought: true }]),
    ...(text === undefined ? [] : [{ text }]),
    ...calls.map(({ id, name, input }) => ({
      functionCall: { id, name, args: typeof input === 'string' ? { input } : input },
    })),
  ];
}

function answer({ id, model, usage }: ModelReply, list: readonly Part[], last: boolean): Record<string, unknown> {
  return {
    responseId: id,
    modelVersion: model,
    candidates: [{ index: 0, content: { role: 'model', parts: list }, ...(last && { finishReason: 'STOP' }) }],
    ...(last && {
      usageMetadata: {
        promptTokenCount: usage.input,
        cachedContentTokenCount: usage.cachedInput,
        candidatesTokenCount: Math.max(usage.output - usage.reasoning, 0),
        thoughtsTokenCount: usage.reasoning,
        totalTokenCount: usage.input + usage.output,
      },
    }),
  };
}

function events(reply: ModelReply): string[] {
  const streamed = parts(reply).flatMap((part) => {
    const text = part['text'];
    return typeof text === 'string' ? pieces(text).map((piece) => ({ ...part, text: piece })) : [part];
  });
  // A last event without a part, so that a stream always has a middle.
  return [
    ...streamed.map((part) => serverSentEvent(answer(reply, [part], false))),
    serverSentEvent(answer(reply, [{ text: '' }], true)),
  ];
}

const REFUSALS: Readonly<Record<RefusalKind, readonly [status: number, name: string, message?: string]>> = {
  unauthorized: [401, 'UNAUTHENTICATED'],
  rate_limited: [429, 'RESOURCE_EXHAUSTED'],
  quota_exhausted: [
    429,
    'RESOURCE_EXHAUSTED',
    'You exceeded your current quota, please check your plan and billing details.',
  ],
  server_error: [500, 'INTERNAL'],
  overloaded: [529, 'UNAVAILABLE'],
  context_exceeded: [
    400,
    'INVALID_ARGUMENT',
    'The input token count (1250000) exceeds the maximum number of tokens allowed (1048576).',
  ],
};

const TYPES = 'type.googleapis.com/google.rpc.';

function refusal(kind: RefusalKind, message: string, retryAfterSeconds?: number): HttpAnswer {
  const [status, name, own] = REFUSALS[kind];
  const details: Part[] = [];
  if (kind === 'quota_exhausted') {
    details.push({
      '@type': `${TYPES}QuotaFailure`,
      violations: [
        { quotaId: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier', quotaMetric: 'generate_content_requests' },
      ],
    });
  }
  if (retryAfterSeconds !== undefined) {
    details.push({ '@type': `${TYPES}RetryInfo`, retryDelay: `${retryAfterSeconds}s` });
  }
  return failure(status, name, own ?? message, details, retryAfterSeconds);
}

function failure(
  status: number,
  name: string,
  message: string,
  details: readonly Part[] = [],
  retryAfterSeconds?: number,
): HttpAnswer {
  return {
    status,
    headers: retryAfterSeconds === undefined ? {} : { 'retry-after': `${retryAfterSeconds}` },
    body: { error: { code: status, message, status: name, ...(details.length > 0 && { details }) } },
  };
}
