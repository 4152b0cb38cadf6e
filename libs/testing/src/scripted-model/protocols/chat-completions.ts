import { z } from 'zod';
import {
  type HistoryEntry,
  type ModelProtocol,
  type ModelReply,
  type ModelRequest,
  replyOfCall,
} from '../model-protocol.js';
import { contentShape, inShape, pieces, serverSentEvent, textOf } from '../request-shape.js';
import { openAiBadRequest, openAiRefusal } from './open-ai.js';

const messageShape = z.looseObject({
  role: z.string(),
  content: contentShape,
  tool_calls: z.array(z.looseObject({ id: z.string().optional() })).nullish(),
});

const requestShape = z.looseObject({
  model: z.string(),
  messages: z.array(messageShape).min(1),
  tools: z.array(z.looseObject({ function: z.looseObject({ name: z.string() }).optional() })).nullish(),
  stream: z.boolean().nullish(),
});

/** OpenAI's Chat Completions, which most other providers and agents speak too. */
export const chatCompletions: ModelProtocol = {
  name: 'chat',
  route: (method, { pathname }) =>
    method === 'POST' && pathname.endsWith('/chat/completions') ? { kind: 'model' } : undefined,
  read: readRequest,
  events,
  whole: (reply) => ({
    ...envelope(reply, 'chat.completion'),
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: reply.text ?? null,
          ...(reply.reasoning !== undefined && { reasoning_content: reply.reasoning }),
          ...(reply.calls.length > 0 && { tool_calls: reply.calls.map(toolCall) }),
        },
        finish_reason: finish(reply),
      },
    ],
    usage: usage(reply),
  }),
  refusal: openAiRefusal,
  badRequest: openAiBadRequest,
};

function readRequest(body: unknown): ModelRequest {
  const { model, stream, messages, tools } = inShape(requestShape, body);
  return {
    model,
    stream: stream ?? false,
    system: messages
      .filter(({ role }) => role === 'system' || role === 'developer')
      .map(({ content }) => textOf(content))
      .join('\n'),
    history: messages.flatMap(entry),
    tools: new Map((tools ?? []).flatMap((tool) => (tool.function ? [[tool.function.name, 'function']] : []))),
  };
}

function entry({ role, content, tool_calls: calls }: z.output<typeof messageShape>): HistoryEntry[] {
  if (role === 'user') return [{ from: 'user', text: textOf(content) }];
  if (role === 'tool') return [{ from: 'tool' }];
  return role === 'assistant' ? [{ from: 'model', reply: replyOfCall(calls?.[0]?.id) }] : [];
}

function envelope({ id, model }: ModelReply, object: string): Record<string, unknown> {
  return { id: `chatcmpl-${id}`, object, created: 0, model };
}

function toolCall({ id, name, input }: ModelReply['calls'][number]): Record<string, unknown> {
  const given = typeof input === 'string' ? { input } : input;
  return { id, type: 'function', function: { name, arguments: JSON.stringify(given) } };
}

function finish({ calls }: ModelReply): string {
  return calls.length > 0 ? 'tool_calls' : 'stop';
}

function usage({ usage: { input, cachedInput, output, reasoning } }: ModelReply): Record<string, unknown> {
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cachedInput },
    completion_tokens_details: { reasoning_tokens: reasoning },
  };
}

function events(reply: ModelReply): string[] {
  const chunk = (delta: Record<string, unknown>, finishReason: string | null = null): string =>
    serverSentEvent({
      ...envelope(reply, 'chat.completion.chunk'),
      choices: [{ index: 0, delta, finish_reason: finishReason }],
    });
  return [
    chunk({ role: 'assistant', content: '' }),
    ...pieces(reply.reasoning ?? '').flatMap((piece) => (piece === '' ? [] : chunk({ reasoning_content: piece }))),
    ...pieces(reply.text ?? '').flatMap((piece) => (piece === '' ? [] : chunk({ content: piece }))),
    ...reply.calls.flatMap((call, index) => {
      const whole = toolCall(call)['function'] as { name: string; arguments: string };
      return [
        chunk({
          tool_calls: [{ index, id: call.id, type: 'function', function: { name: whole.name, arguments: '' } }],
        }),
        ...pieces(whole.arguments).map((piece) => chunk({ tool_calls: [{ index, function: { arguments: piece } }] })),
      ];
    }),
    chunk({}, finish(reply)),
    serverSentEvent({ ...envelope(reply, 'chat.completion.chunk'), choices: [], usage: usage(reply) }),
    serverSentEvent('[DONE]'),
  ];
}
