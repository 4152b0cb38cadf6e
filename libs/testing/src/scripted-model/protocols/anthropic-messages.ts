import { z } from 'zod';
import {
  type HistoryEntry,
  type HttpAnswer,
  type ModelProtocol,
  type ModelReply,
  type ModelRequest,
  type RefusalKind,
  replyOfCall,
} from '../model-protocol.js';
import { contentShape, inShape, pieces, serverSentEvent, textOf } from '../request-shape.js';

const blockShape = z.looseObject({ type: z.string(), id: z.string().optional(), text: z.string().optional() });

const messageShape = z.looseObject({ role: z.string(), content: z.union([z.string(), z.array(blockShape)]) });

const requestShape = z.looseObject({
  model: z.string(),
  messages: z.array(messageShape).min(1),
  system: contentShape,
  tools: z.array(z.looseObject({ name: z.string() })).nullish(),
  stream: z.boolean().nullish(),
});

/** How Claude Code passes on what it was told while it worked, as no user's message. */
const TOLD_MEANWHILE = 'The user sent a new message while you were working:';

/** Anthropic's Messages, as Claude Code speaks it. */
export const anthropicMessages: ModelProtocol = {
  name: 'messages',
  route: (method, { pathname }) => {
    if (method !== 'POST') return undefined;
    if (pathname.endsWith('/messages/count_tokens')) {
      return { kind: 'side', answer: (body) => ({ status: 200, body: { input_tokens: roughTokens(body) } }) };
    }
    return pathname.endsWith('/messages') ? { kind: 'model' } : undefined;
  },
  read: readRequest,
  events,
  whole: (reply) => ({
    ...message(reply),
    content: blocks(reply),
    stop_reason: stopReason(reply),
    usage: usage(reply),
  }),
  refusal,
  badRequest: (text) => failure(400, 'invalid_request_error', text),
};

function readRequest(body: unknown): ModelRequest {
  const { model, stream, messages, system, tools } = inShape(requestShape, body);
  return {
    model,
    stream: stream ?? false,
    // Claude Code tells of its surroundings within the messages.
    system: [textOf(system), ...messages.filter(({ role }) => role === 'system').map(wordsOf)].join('\n'),
    history: messages.flatMap(entries),
    tools: new Map((tools ?? []).map(({ name }) => [name, 'function'])),
  };
}

type Message = z.output<typeof messageShape>;

/** A user message may hold tool results and words at once. */
function entries(message: Message): HistoryEntry[] {
  const { role, content } = message;
  const list = typeof content === 'string' ? [] : content;
  if (role === 'assistant') {
    return [{ from: 'model', reply: list.map(({ id }) => replyOfCall(id)).find((reply) => reply !== undefined) }];
  }
  const text = wordsOf(message);
  if (role === 'system' && text.startsWith(TOLD_MEANWHILE)) return [{ from: 'user', text }];
  if (role !== 'user') return [];
  const found: HistoryEntry[] = [];
  if (list.some(({ type }) => type === 'tool_result')) found.push({ from: 'tool' });
  if (text !== '') found.push({ from: 'user', text });
  return found;
}

function wordsOf({ content }: Message): string {
  return textOf(typeof content === 'string' ? content : content.filter(({ type }) => type === 'text'));
}

function roughTokens(body: unknown): number {
  return Math.ceil(JSON.stringify(body).length / 4);
}

function message({ id, model }: ModelReply): Record<string, unknown> {
  return { id: `msg_${id}`, type: 'message', role: 'assistant', model, stop_sequence: null };
}

/** Anthropic counts what came from the cache beside the input, not within it. */
function usage({ usage: { input, cachedInput, output } }: ModelReply): Record<string, unknown> {
  return {
    input_tokens: Math.max(input - cachedInput, 0),
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cachedInput,
    output_tokens: output,
  };
}

function stopReason({ calls }: ModelReply): string {
  return calls.length > 0 ? 'tool_use' : 'end_turn';
}

type Block = Readonly<Record<string, unknown>> & { readonly type: string };

function blocks({ reasoning, text, calls }: ModelReply): Block[] {
  return [
    ...(reasoning === undefined ? [] : [{ type: 'thinking', thinking: reasoning, signature: 'c2NyaXB0ZWQ=' }]),
    ...(text === undefined ? [] : [{ type: 'text', text }]),
    ...calls.map(({ id, name, input }) => ({
      type: 'tool_use',
      id,
      name,
      input: typeof input === 'string' ? { input } : input,
    })),
  ];
}

function events(reply: ModelReply): string[] {
  const event = (type: string, more: Record<string, unknown> = {}): string => serverSentEvent({ type, ...more }, type);
  const start = { ...message(reply), content: [], stop_reason: null, usage: { ...usage(reply), output_tokens: 1 } };
  return [
    event('message_start', { message: start }),
    event('ping'),
    ...blocks(reply).flatMap((block, index) => [
      event('content_block_start', { index, content_block: emptied(block) }),
      ...deltas(block).map((delta) => event('content_block_delta', { index, delta })),
      event('content_block_stop', { index }),
    ]),
    event('message_delta', {
      delta: { stop_reason: stopReason(reply), stop_sequence: null },
      usage: { output_tokens: reply.usage.output },
    }),
    event('message_stop'),
  ];
}

function emptied(block: Block): Block {
  if (block.type === 'thinking') return { ...block, thinking: '', signature: '' };
  return block.type === 'text' ? { ...block, text: '' } : { ...block, input: {} };
}

function deltas(block: Block): Block[] {
  if (block.type === 'thinking') {
    return [
      ...pieces(String(block['thinking'])).map((thinking) => ({ type: 'thinking_delta', thinking })),
      { type: 'signature_delta', signature: block['signature'] },
    ];
  }
  if (block.type === 'text') return pieces(String(block['text'])).map((text) => ({ type: 'text_delta', text }));
  return pieces(JSON.stringify(block['input'])).map((json) => ({ type: 'input_json_delta', partial_json: json }));
}

const REFUSALS: Readonly<Record<RefusalKind, readonly [status: number, type: string, message?: string]>> = {
  unauthorized: [401, 'authentication_error'],
  rate_limited: [429, 'rate_limit_error'],
  quota_exhausted: [
    400,
    'invalid_request_error',
    'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.',
  ],
  server_error: [500, 'api_error'],
  overloaded: [529, 'overloaded_error'],
  // Agents know it by these words alone.
  context_exceeded: [400, 'invalid_request_error', 'prompt is too long: 250000 tokens > 200000 maximum'],
};

function refusal(kind: RefusalKind, text: string, retryAfterSeconds?: number): HttpAnswer {
  const [status, type, own] = REFUSALS[kind];
  return failure(status, type, own ?? text, retryAfterSeconds);
}

function failure(status: number, type: string, text: string, retryAfterSeconds?: number): HttpAnswer {
  return {
    status,
    headers: retryAfterSeconds === undefined ? {} : { 'retry-after': `${retryAfterSeconds}` },
    body: { type: 'error', error: { type, message: text } },
  };
}
