import { z } from 'zod';
import { type Dialect, insist, parsed, rounds } from './dialect.js';

const item = z.looseObject({
  type: z.enum(['message', 'reasoning', 'function_call', 'custom_tool_call']),
  id: z.string(),
  call_id: z.string().optional(),
  name: z.string().optional(),
  arguments: z.string().optional(),
  input: z.string().optional(),
  content: z.array(z.looseObject({ type: z.literal('output_text'), text: z.string() })).optional(),
  summary: z.array(z.looseObject({ type: z.literal('summary_text'), text: z.string() })).optional(),
});

const response = z.looseObject({ object: z.literal('response'), status: z.string(), output: z.array(item) });

const event = z.looseObject({
  type: z.string(),
  sequence_number: z.number(),
  output_index: z.number().optional(),
  delta: z.string().optional(),
  item: item.optional(),
  response: response.optional(),
});

export const responsesDialect: Dialect = {
  name: 'responses',
  path: () => '/v1/responses',
  body: ({ prompt, replies, stream, tools }) => ({
    model: 'scripted-1',
    stream,
    instructions: 'Be good.',
    input: [
      { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'rules' }] },
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: prompt }] },
      ...rounds(replies, (round) => [
        { type: 'reasoning', summary: [] },
        { type: 'function_call', call_id: `call_r${round}_0`, name: tools[0], arguments: '{}' },
        { type: 'function_call_output', call_id: `call_r${round}_0`, output: 'ok' },
      ]),
    ],
    tools: tools.map((name) => ({ type: 'function', name, parameters: {} })),
  }),
  assemble: (events) => {
    const all = parsed(event, events);
    for (const [index, { type, sequence_number: number }] of all.entries()) {
      insist(number === index, `event ${index} is number ${number}`);
      insist(type === events[index]?.name, `event ${index} is ${type} and ${String(events[index]?.name)}`);
    }
    const output = all.flatMap(({ type, item: done }) => (type === 'response.output_item.done' && done ? done : []));
    for (const [index, done] of output.entries()) {
      const deltas = all.filter(({ output_index: at, type }) => at === index && type.endsWith('.delta'));
      const text = deltas.map(({ delta }) => delta).join('');
      const whole = done.arguments ?? done.input ?? done.content?.[0]?.text ?? done.summary?.[0]?.text;
      insist(text === whole, `the deltas of item ${index} are ${text}`);
    }
    const last = all.at(-1);
    insist(last?.type === 'response.completed', 'the stream does not end with response.completed');
    return { ...last.response, output };
  },
  said: (whole) => {
    const { output } = response.parse(whole);
    return {
      text: output.find(({ type }) => type === 'message')?.content?.[0]?.text,
      calls: output.flatMap(({ name, arguments: input }) =>
        name && input ? [[name, JSON.parse(input) as unknown]] : [],
      ),
    };
  },
};
