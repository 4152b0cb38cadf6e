import { z } from 'zod';
import { type Dialect, insist, parsed, rounds } from './dialect.js';

const part = z.strictObject({
  text: z.string().optional(),
  thought: z.literal(true).optional(),
  functionCall: z
    .strictObject({ id: z.string(), name: z.string(), args: z.record(z.string(), z.unknown()) })
    .optional(),
});

const answer = z.strictObject({
  responseId: z.string(),
  modelVersion: z.string(),
  candidates: z.tuple([
    z.strictObject({
      index: z.literal(0),
      content: z.strictObject({ role: z.literal('model'), parts: z.array(part) }),
      finishReason: z.literal('STOP').optional(),
    }),
  ]),
  usageMetadata: z.looseObject({ totalTokenCount: z.number() }).optional(),
});

export const geminiDialect: Dialect = {
  name: 'gemini',
  path: (stream) =>
    stream ? '/v1beta/models/scripted-1:streamGenerateContent?alt=sse' : '/v1beta/models/scripted-1:generateContent',
  body: ({ prompt, replies, tools }) => ({
    systemInstruction: { role: 'user', parts: [{ text: 'Be good.' }] },
    contents: [
      { role: 'user', parts: [{ text: prompt }] },
      ...rounds(replies, (round) => [
        { role: 'model', parts: [{ functionCall: { id: `call_r${round}_0`, name: tools[0], args: {} } }] },
        { role: 'user', parts: [{ functionResponse: { id: `call_r${round}_0`, name: tools[0], response: {} } }] },
      ]),
    ],
    tools: tools.length === 0 ? [] : [{ functionDeclarations: tools.map((name) => ({ name })) }],
  }),
  assemble: (events) => {
    const all = parsed(answer, events);
    const parts: z.output<typeof part>[] = [];
    for (const each of all.flatMap(({ candidates }) => candidates[0].content.parts)) {
      const before = parts.at(-1);
      if (each.text === '') continue;
      if (each.text !== undefined && before?.text !== undefined && each.thought === before.thought) {
        before.text += each.text;
      } else parts.push(each);
    }
    const last = all.at(-1);
    insist(last?.candidates[0].finishReason === 'STOP', 'the stream does not end with a reason');
    return { ...last, candidates: [{ ...last.candidates[0], content: { role: 'model', parts } }] };
  },
  said: (whole) => {
    const { parts } = answer.parse(whole).candidates[0].content;
    return {
      text: parts.find(({ text, thought }) => text !== undefined && !thought)?.text,
      calls: parts.flatMap(({ functionCall: call }) => (call ? [[call.name, call.args] as const] : [])),
    };
  },
};
