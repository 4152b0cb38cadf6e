import { z } from 'zod';
import {
  type HistoryEntry,
  type ModelProtocol,
  type ModelReply,
  type ModelRequest,
  replyOfCall,
  type ToolCall,
  type ToolForm,
} from '../model-protocol.js';
import { contentShape, inShape, pieces, serverSentEvent, textOf } from '../request-shape.js';
import { openAiBadRequest, openAiModels, openAiRefusal } from './open-ai.js';

interface OfferedTool {
  readonly type: string;
  readonly name?: string | undefined;
  readonly tools?: readonly OfferedTool[] | undefined;
}

const toolShape: z.ZodType<OfferedTool> = z.looseObject({
  type: z.string(),
  name: z.string().optional(),
  get tools() {
    return z.array(toolShape).optional();
  },
});

const itemShape = z.looseObject({
  type: z.string().default('message'),
  role: z.string().optional(),
  content: contentShape,
  call_id: z.string().optional(),
  tools: z.array(toolShape).nullish(),
});

const requestShape = z.looseObject({
  model: z.string(),
  input: z.union([z.string(), z.array(itemShape)]),
  instructions: z.string().nullish(),
  tools: z.array(toolShape).nullish(),
  stream: z.boolean().nullish(),
});

/** OpenAI's Responses, as codex speaks it. */
export const responses: ModelProtocol = {
  name: 'responses',
  route: (method, { pathname }) => {
    if (method === 'GET') return openAiModels(pathname);
    return method === 'POST' && /\/responses$/.test(pathname) ? { kind: 'model' } : undefined;
  },
  read: readRequest,
  events,
  whole: (reply) => response(reply, 'completed', items(reply)),
  refusal: openAiRefusal,
  badRequest: openAiBadRequest,
};

function readRequest(body: unknown): ModelRequest {
  const request = inShape(requestShape, body);
  const input =
    typeof request.input === 'string' ? [itemShape.parse({ role: 'user', content: request.input })] : request.input;
  const system = input
    .filter(({ role }) => role === 'developer' || role === 'system')
    .map(({ content }) => textOf(content));
  return {
    model: request.model,
    stream: request.stream ?? false,
    system: [request.instructions ?? '', ...system].join('\n'),
    history: input.flatMap(entry),
    // To some models codex offers its tools as items of the conversation.
    tools: new Map([request, ...input].flatMap(({ tools }) => tools ?? []).flatMap(offered)),
  };
}

function entry({ type, role, content, call_id: id }: z.output<typeof itemShape>): HistoryEntry[] {
  if (type === 'message') {
    if (role === 'user') return [{ from: 'user', text: textOf(content) }];
    return role === 'assistant' ? [{ from: 'model' }] : [];
  }
  if (type.endsWith('_output')) return [{ from: 'tool' }];
  if (type === 'reasoning') return [{ from: 'model' }];
  return type.endsWith('_call') ? [{ from: 'model', reply: replyOfCall(id) }] : [];
}

function offered({ type, name, tools }: OfferedTool): [string, ToolForm][] {
  if (type === 'namespace') {
    const inGroup = (tools ?? []).flatMap(offered);
    return [...inGroup, ...inGroup.map(([tool, form]): [string, ToolForm] => [`${name ?? ''}.${tool}`, form])];
  }
  return [[name ?? type, type === 'custom' ? 'custom' : 'function']];
}

type Item = Readonly<Record<string, unknown>> & { readonly id: string; readonly type: string };

function items({ id, reasoning, text, calls }: ModelReply): Item[] {
  const list: Item[] = [];
  if (reasoning !== undefined) {
    list.push({
      id: `rs_${id}`,
      type: 'reasoning',
      summary: [{ type: 'summary_text', text: reasoning }],
      encrypted_content: 'c2NyaXB0ZWQ=',
    });
  }
  if (text !== undefined) {
    list.push({
      id: `msg_${id}`,
      type: 'message',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text, annotations: [], logprobs: [] }],
    });
  }
  return [...list, ...calls.map(callItem)];
}

function callItem({ id, name, namespace, input }: ToolCall): Item {
  const common = { call_id: id, name, ...(namespace !== undefined && { namespace }), status: 'completed' };
  return typeof input === 'string'
    ? { id: `ctc_${id}`, type: 'custom_tool_call', ...common, input }
    : { id: `fc_${id}`, type: 'function_call', ...common, arguments: JSON.stringify(input) };
}

function response({ id, model, usage }: ModelReply, status: string, output: readonly Item[]): Record<string, unknown> {
  return {
    id: `resp_${id}`,
    object: 'response',
    created_at: 0,
    status,
    model,
    error: null,
    incomplete_details: null,
    parallel_tool_calls: true,
    output,
    usage:
      status === 'completed'
        ? {
            input_tokens: usage.input,
            input_tokens_details: { cached_tokens: usage.cachedInput },
            output_tokens: usage.output,
            output_tokens_details: { reasoning_tokens: usage.reasoning },
            total_tokens: usage.input + usage.output,
          }
        : null,
  };
}

type Event = Readonly<Record<string, unknown>> & { readonly type: string };

function events(reply: ModelReply): string[] {
  const output = items(reply);
  const all: Event[] = [
    { type: 'response.created', response: response(reply, 'in_progress', []) },
    { type: 'response.in_progress', response: response(reply, 'in_progress', []) },
    ...output.flatMap((item, index) => itemEvents(item, index, reply)),
    { type: 'response.completed', response: response(reply, 'completed', output) },
  ];
  return all.map((event, index) => serverSentEvent({ ...event, sequence_number: index }, event.type));
}

function itemEvents(item: Item, index: number, reply: ModelReply): Event[] {
  const where = { item_id: item.id, output_index: index };
  const added = { type: 'response.output_item.added', output_index: index, item: { ...item, ...started(item) } };
  const done = { type: 'response.output_item.done', output_index: index, item };
  const streamed = (kind: string, text: string, key: string, more: Record<string, unknown> = {}): Event[] => [
    ...pieces(text).map((delta) => ({ type: `response.${kind}.delta`, ...where, ...more, delta })),
    { type: `response.${kind}.done`, ...where, ...more, [key]: text },
  ];
  switch (item.type) {
    case 'message': {
      const place = { ...where, content_index: 0 };
      const part = { type: 'output_text', annotations: [], logprobs: [] };
      const text = reply.text ?? '';
      return [
        added,
        { type: 'response.content_part.added', ...place, part: { ...part, text: '' } },
        ...streamed('output_text', text, 'text', { content_index: 0 }),
        { type: 'response.content_part.done', ...place, part: { ...part, text } },
        done,
      ];
    }
    case 'reasoning': {
      const place = { ...where, summary_index: 0 };
      const text = reply.reasoning ?? '';
      return [
        added,
        { type: 'response.reasoning_summary_part.added', ...place, part: { type: 'summary_text', text: '' } },
        ...streamed('reasoning_summary_text', text, 'text', { summary_index: 0 }),
        { type: 'response.reasoning_summary_part.done', ...place, part: { type: 'summary_text', text } },
        done,
      ];
    }
    case 'custom_tool_call':
      return [added, ...streamed('custom_tool_call_input', String(item['input']), 'input'), done];
    default:
      return [added, ...streamed('function_call_arguments', String(item['arguments']), 'arguments'), done];
  }
}

/** What an item doesn't hold yet when it is announced. */
function started({ type }: Item): Record<string, unknown> {
  if (type === 'message') return { status: 'in_progress', content: [] };
  if (type === 'reasoning') return { summary: [] };
  return { status: 'in_progress', ...(type === 'custom_tool_call' ? { input: '' } : { arguments: '' }) };
}
