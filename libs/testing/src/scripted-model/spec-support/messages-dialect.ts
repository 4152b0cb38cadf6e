import { z } from 'zod';
import { type Dialect, insist, parsed, rounds } from './dialect.js';

const block = z.looseObject({
  type: z.enum(['text', 'thinking', 'tool_use']),
  id: z.string().optional(),
  name: z.string().optional(),
  text: z.string().optional(),
  thinking: z.string().optional(),
  input: z.unknown().optional(),
});

const message = z.looseObject({
  type: z.literal('message'),
  role: z.literal('assistant'),
  content: z.array(block),
  usage: z.looseObject({ input_tokens: z.number(), output_tokens: z.number() }),
});

const delta = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text_delta'), text: z.string() }),
  z.strictObject({ type: z.literal('thinking_delta'), thinking: z.string() }),
  z.strictObject({ type: z.literal('signature_delta'), signature: z.string() }),
  z.strictObject({ type: z.literal('input_json_delta'), partial_json: z.string() }),
]);

const event = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('message_start'), message }),
  z.strictObject({ type: z.literal('ping') }),
  z.strictObject({ type: z.literal('content_block_start'), index: z.number(), content_block: block }),
  z.strictObject({ type: z.literal('content_block_delta'), index: z.number(), delta }),
  z.strictObject({ type: z.literal('content_block_stop'), index: z.number() }),
  z.strictObject({
    type: z.literal('message_delta'),
    delta: z.strictObject({ stop_reason: z.string(), stop_sequence: z.null() }),
    usage: z.strictObject({ output_tokens: z.number() }),
  }),
  z.strictObject({ type: z.literal('message_stop') }),
]);

type Delta = z.output<typeof delta>;

export const messagesDialect: Dialect = {
  name: 'messages',
  path: () => '/v1/messages?beta=true',
  body: ({ prompt, replies, stream, tools }) => ({
    model: 'scripted-1',
    max_tokens: 1000,
    stream,
    system: [{ type: 'text', text: 'Be good.' }],
    messages: [
      { role: 'user', content: [{ type: 'text', text: prompt }] },
      ...rounds(replies, (round) => [
        { role: 'assistant', content: [{ type: 'tool_use', id: `call_r${round}_0`, name: tools[0], input: {} }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: `call_r${round}_0`, content: 'ok' }] },
      ]),
    ],
    tools: tools.map((name) => ({ name, input_schema: {} })),
  }),
  assemble: (events) => {
    const all = parsed(event, events);
    all.forEach(({ type }, index) => insist(type === events[index]?.name, `event ${index} has two names`));
    const [first] = all;
    insist(first?.type === 'message_start', 'the stream does not begin with message_start');
    insist(all.at(-1)?.type === 'message_stop', 'the stream does not end with message_stop');
    let answer: Record<string, unknown> = first.message;
    const blocks: { readonly start: z.output<typeof block>; readonly deltas: Delta[] }[] = [];
    for (const each of all) {
      if (each.type === 'content_block_start') blocks[each.index] = { start: each.content_block, deltas: [] };
      if (each.type === 'content_block_delta') blocks[each.index]?.deltas.push(each.delta);
      if (each.type === 'message_delta') {
        answer = { ...answer, ...each.delta, usage: { ...first.message.usage, ...each.usage } };
      }
    }
    return { ...answer, content: blocks.map(({ start, deltas }) => ({ ...start, ...ended(start.type, deltas) })) };
  },
  said: (whole) => {
    const { content } = message.parse(whole);
    return {
      text: content.find(({ type }) => type === 'text')?.text,
      calls: content.flatMap(({ type, name, input }) => (type === 'tool_use' && name ? [[name, input] as const] : [])),
    };
  },
};

function ended(type: string, deltas: readonly Delta[]): Record<string, unknown> {
  const joined = (of: (each: Delta) => string): string => deltas.map(of).join('');
  if (type === 'text') return { text: joined((each) => (each.type === 'text_delta' ? each.text : '')) };
  if (type === 'tool_use') {
    const input = joined((each) => (each.type === 'input_json_delta' ? each.partial_json : ''));
    return { input: JSON.parse(input) as unknown };
  }
  return {
    thinking: joined((each) => (each.type === 'thinking_delta' ? each.thinking : '')),
    signature: joined((each) => (each.type === 'signature_delta' ? each.signature : '')),
  };
}
