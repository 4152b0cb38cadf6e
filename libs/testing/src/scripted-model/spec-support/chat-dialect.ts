import { z } from 'zod';
import { type Dialect, insist, parsed, rounds } from './dialect.js';

const call = z.strictObject({
  id: z.string(),
  type: z.literal('function'),
  function: z.strictObject({ name: z.string(), arguments: z.string() }),
});

const whole = z.looseObject({
  choices: z.tuple([
    z.strictObject({
      index: z.literal(0),
      message: z.looseObject({ content: z.string().nullable(), tool_calls: z.array(call).optional() }),
      finish_reason: z.string(),
    }),
  ]),
});

const chunk = z.strictObject({
  id: z.string(),
  object: z.literal('chat.completion.chunk'),
  created: z.number(),
  model: z.string(),
  choices: z.array(
    z.strictObject({
      index: z.literal(0),
      delta: z.strictObject({
        role: z.literal('assistant').optional(),
        content: z.string().optional(),
        reasoning_content: z.string().optional(),
        tool_calls: z
          .array(
            z.strictObject({
              index: z.number(),
              id: z.string().optional(),
              type: z.literal('function').optional(),
              function: z.strictObject({ name: z.string().optional(), arguments: z.string() }),
            }),
          )
          .optional(),
      }),
      finish_reason: z.string().nullable(),
    }),
  ),
  usage: z.unknown().optional(),
});

export const chatDialect: Dialect = {
  name: 'chat',
  path: () => '/v1/chat/completions',
  body: ({ prompt, replies, stream, tools }) => ({
    model: 'scripted-1',
    stream,
    messages: [
      { role: 'system', content: 'Be good.' },
      { role: 'user', content: prompt },
      ...rounds(replies, (round) => [
        { role: 'assistant', content: null, tool_calls: [{ id: `call_r${round}_0`, type: 'function' }] },
        { role: 'tool', tool_call_id: `call_r${round}_0`, content: 'ok' },
      ]),
    ],
    tools: tools.map((name) => ({ type: 'function', function: { name, parameters: {} } })),
  }),
  assemble: (events) => {
    insist(events.at(-1)?.data === '[DONE]', 'the stream does not end with [DONE]');
    const chunks = parsed(chunk, events.slice(0, -1));
    const choices = chunks.flatMap((each) => each.choices);
    const joined = (key: 'content' | 'reasoning_content'): string =>
      choices.map(({ delta }) => delta[key] ?? '').join('');
    const calls: z.output<typeof call>[] = [];
    for (const { index, id = '', function: part } of choices.flatMap(({ delta }) => delta.tool_calls ?? [])) {
      calls[index] ??= { id, type: 'function', function: { name: part.name ?? '', arguments: '' } };
      calls[index].function.arguments += part.arguments;
    }
    const [first] = chunks;
    insist(first !== undefined, 'the stream is empty');
    return {
      ...{ id: first.id, object: 'chat.completion', created: first.created, model: first.model },
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: joined('content') || null,
            ...(joined('reasoning_content') !== '' && { reasoning_content: joined('reasoning_content') }),
            ...(calls.length > 0 && { tool_calls: calls }),
          },
          finish_reason: choices.at(-1)?.finish_reason,
        },
      ],
      usage: chunks.at(-1)?.usage,
    };
  },
  said: (answer) => {
    const { message } = whole.parse(answer).choices[0];
    return {
      text: message.content ?? undefined,
      calls: (message.tool_calls ?? []).map(({ function: of }) => [of.name, JSON.parse(of.arguments) as unknown]),
    };
  },
};
