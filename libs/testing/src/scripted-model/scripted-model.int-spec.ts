import { afterEach, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { useTemporaryDirectories } from '../temporary-directory.js';
import { ScenarioError, type ScenarioInput } from './scenario.js';
import { type ScriptedModel, type ScriptedModelOptions, startScriptedModel } from './scripted-model.js';
import { chatDialect as chat } from './spec-support/chat-dialect.js';
import type { Dialect } from './spec-support/dialect.js';
import { geminiDialect as gemini } from './spec-support/gemini-dialect.js';
import { messagesDialect as messages } from './spec-support/messages-dialect.js';
import { ask, DIALECTS, send } from './spec-support/model-client.js';
import { responsesDialect as responses } from './spec-support/responses-dialect.js';

const temporaryDirectory = useTemporaryDirectories();
const open: ScriptedModel[] = [];

async function start(scenario: ScenarioInput, more: Partial<ScriptedModelOptions> = {}): Promise<ScriptedModel> {
  const model = await startScriptedModel({ scenario, ...more });
  open.push(model);
  return model;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((model) => model.close()));
});

const SHELL = { tool: 'shell', command: 'echo hi' } as const;
const WORK: ScenarioInput = {
  conversations: [
    {
      name: 'work',
      match: 'Do the work',
      steps: [
        {
          reasoning: 'Think first.',
          text: 'Now I do it.',
          tools: [SHELL, { tool: 'raw', name: 'own', arguments: { ä: ['ö'] } }],
          usage: { input: 300, cachedInput: 200, output: 50, reasoning: 10 },
        },
        { text: 'Done.' },
      ],
    },
  ],
};
const prompt = 'Do the work';

describe.each(DIALECTS)('$name', (dialect) => {
  it('streams the same reply that it gives in one piece', async () => {
    const model = await start(WORK);

    const streamed = await ask(model, dialect, { prompt });
    const whole = await ask(model, dialect, { prompt, stream: false });

    expect(streamed).toEqual(whole);
    const { text, calls } = dialect.said(whole);
    expect(text).toBe('Now I do it.');
    expect(calls).toMatchObject([
      [expect.any(String), {}],
      ['own', { ä: ['ö'] }],
    ]);
    expect(Object.values(calls[0]![1] as object)).toContain('echo hi');
  });

  it('goes on by what the request holds, and ends', async () => {
    const model = await start(WORK);

    const said = async (replies: number) => dialect.said(await ask(model, dialect, { prompt, replies }));

    expect(await said(1)).toEqual({ text: 'Done.', calls: [] });
    expect(await said(1)).toEqual({ text: 'Done.', calls: [] });
    expect(await said(2)).toEqual({ text: 'The script is over.', calls: [] });
    expect(model.requests().map(({ conversation, step, outcome }) => [conversation, step, outcome])).toEqual([
      ['work', 1, 'step'],
      ['work', 1, 'step'],
      ['work', undefined, 'end'],
    ]);
  });

  it('answers what offers no tools beside the script', async () => {
    const model = await start({ ...WORK, sideText: 'A title' });

    const reply = await ask(model, dialect, { prompt, tools: [] });

    expect(dialect.said(reply).text).toBe('A title');
    expect(model.counters().outcomes).toEqual({ side: 1 });
  });

  it('plays the script without tools, if the scenario says so', async () => {
    const model = await start({ toolless: 'script', conversations: [{ name: 'a', steps: [{ text: 'Hello.' }] }] });

    expect(dialect.said(await ask(model, dialect, { prompt, tools: [] })).text).toBe('Hello.');
  });

  it('says what is wrong with a request that the script can’t answer', async () => {
    const model = await start(WORK);

    const unmatched = await send(model, dialect, { prompt: 'Something else' });
    const toolless = await send(model, dialect, { prompt, tools: ['hammer'] });
    const broken = await fetch(`${model.url}${dialect.path(true)}`, { method: 'POST', body: '{"model":' });
    const shapeless = await fetch(`${model.url}${dialect.path(true)}`, { method: 'POST', body: '{"contents":7}' });

    expect([unmatched.status, toolless.status, broken.status, shapeless.status]).toEqual([400, 400, 400, 400]);
    expect(await unmatched.text()).toMatch(/No conversation of the script matches/);
    expect(await toolless.text()).toMatch(/has a shell, for which .*; this request offers hammer/);
    expect(await broken.text()).toMatch(/not JSON/);
    expect(await shapeless.text()).toMatch(/(?:model|contents): /);
    expect(model.requests().map(({ outcome }) => outcome)).toEqual([
      'no_conversation',
      'no_such_tool',
      'malformed',
      'malformed',
    ]);
  });

  it('tells each call apart, over the whole conversation', async () => {
    const model = await start({
      conversations: [{ name: 'a', whenDone: 'repeat', steps: [{ tools: [SHELL, SHELL] }] }],
    });

    const first = JSON.stringify(await ask(model, dialect, { prompt }));
    const second = JSON.stringify(await ask(model, dialect, { prompt, replies: 1 }));

    const ids = [...`${first}${second}`.matchAll(/"(?:call_id|id)":"(call_[^"]+)"/g)].map(([, id]) => id);
    expect(ids).toEqual(['call_r0_0', 'call_r0_1', 'call_r1_0', 'call_r1_1']);
  });
});

describe('the Responses protocol', () => {
  it('finds tools that are offered as an item of the conversation', async () => {
    const model = await start({
      conversations: [{ name: 'a', match: prompt, steps: [{ tools: [SHELL] }] }],
    });
    const answer = await fetch(`${model.url}/v1/responses`, {
      method: 'POST',
      body: JSON.stringify({
        model: 'm',
        input: [
          {
            type: 'additional_tools',
            role: 'developer',
            tools: [{ type: 'namespace', name: 'functions', tools: [{ type: 'custom', name: 'exec' }] }],
          },
          { type: 'message', role: 'user', content: [{ type: 'input_text', text: prompt }] },
        ],
      }),
    });

    expect(await answer.json()).toMatchObject({
      output: [{ type: 'custom_tool_call', name: 'exec', namespace: 'functions', call_id: 'call_r0_0' }],
    });
    expect(model.requests()).toMatchObject([{ outcome: 'step', tools: ['exec', 'functions.exec'] }]);
  });
});

describe('the Messages protocol', () => {
  it('begins a conversation by what Claude Code was told while it worked', async () => {
    const model = await start({
      conversations: [
        { name: 'work', match: prompt, steps: [{ tools: [SHELL] }, { text: 'As asked.' }] },
        { name: 'told', match: 'Not that', steps: [{ text: 'Something else, then.' }] },
      ],
    });
    const told = (words: string) => [{ role: 'system', content: [{ type: 'text', text: words }] }];
    const answer = async (last: object[]) => {
      const request = {
        model: 'm',
        tools: [{ name: 'Bash' }],
        messages: [
          { role: 'user', content: prompt },
          { role: 'assistant', content: [{ type: 'tool_use', id: 'call_r0_0' }] },
          { role: 'user', content: [{ type: 'tool_result' }] },
          ...last,
        ],
      };
      const response = await fetch(`${model.url}/v1/messages`, { method: 'POST', body: JSON.stringify(request) });
      return messages.said(await response.json()).text;
    };

    expect(await answer(told('The user sent a new message while you were working:\nNot that.'))).toBe(
      'Something else, then.',
    );
    expect(await answer(told('Not that is among the files.'))).toBe('As asked.');
  });
});

describe('usage', () => {
  it('is told as each protocol counts', async () => {
    const model = await start(WORK);
    const usageOf = async (dialect: Dialect) => {
      const reply = (await ask(model, dialect, { prompt })) as Record<string, unknown>;
      return reply['usage'] ?? reply['usageMetadata'];
    };

    expect(await usageOf(responses)).toEqual({
      input_tokens: 300,
      input_tokens_details: { cached_tokens: 200 },
      output_tokens: 50,
      output_tokens_details: { reasoning_tokens: 10 },
      total_tokens: 350,
    });
    expect(await usageOf(chat)).toMatchObject({ prompt_tokens: 300, completion_tokens: 50, total_tokens: 350 });
    expect(await usageOf(messages)).toMatchObject({
      input_tokens: 100,
      cache_read_input_tokens: 200,
      output_tokens: 50,
    });
    expect(await usageOf(gemini)).toMatchObject({
      promptTokenCount: 300,
      cachedContentTokenCount: 200,
      candidatesTokenCount: 40,
      thoughtsTokenCount: 10,
    });
  });
});

describe('side requests', () => {
  it.each<[string, string, unknown]>([
    ['POST', '/v1/messages/count_tokens', { input_tokens: expect.any(Number) }],
    ['POST', '/v1beta/models/m:countTokens', { totalTokens: expect.any(Number) }],
    ['GET', '/v1/models', { object: 'list', data: [{ id: 'one' }, { id: 'two' }] }],
    ['GET', '/', {}],
  ])('%s %s is answered', async (method, path, answer) => {
    const model = await start({ ...WORK, models: ['one', 'two'] });

    const response = await fetch(`${model.url}${path}`, { method, ...(method === 'POST' && { body: '{}' }) });

    expect(await response.json()).toMatchObject(answer as object);
    expect(model.requests()).toMatchObject([{ outcome: 'side', status: 200 }]);
  });

  it('refuses a WebSocket with 426, by which codex takes HTTP', async () => {
    const model = await start(WORK);
    const socket = connect(Number(new URL(model.url).port), '127.0.0.1');

    socket.write('GET /v1/responses HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');

    expect(await textOf(socket)).toMatch(/^HTTP\/1\.1 426 /);
    expect(model.requests()).toMatchObject([{ path: '/v1/responses', outcome: 'upgrade_refused', status: 426 }]);
  });
});

describe('the limit', () => {
  it('answers 429 beyond so many requests at a time, and no longer', async () => {
    const scenario: ScenarioInput = {
      limit: { concurrent: 2, retryAfterSeconds: 7 },
      conversations: [{ name: 'a', steps: [{ text: 'Hi.', fault: { kind: 'hang', from: 'middle', times: 2 } }] }],
    };
    const model = await start(scenario);
    const away = new AbortController();

    // Their heads have come, so they are being answered.
    await Promise.all([send(model, chat, { prompt }, away.signal), send(model, messages, { prompt }, away.signal)]);
    const third = await send(model, responses, { prompt });
    expect(third.status).toBe(429);
    expect(third.headers.get('retry-after')).toBe('7');
    expect(model.counters()).toMatchObject({ requests: 3, open: 2, refused: 1, maxConcurrent: 3 });
    await third.text();

    away.abort();
    await settled(model);
    expect(chat.said(await ask(model, chat, { prompt })).text).toBe('Hi.');
    expect(model.counters()).toMatchObject({ outcomes: { fault: 2, over_limit: 1, step: 1 }, refused: 1 });
  });
});

describe('the log', () => {
  it('knows each request, who sent it, and keeps no credential', async () => {
    const model = await start(WORK);
    await ask(model, messages, { prompt });

    const [record] = model.requests();

    expect(record).toMatchObject({
      number: 1,
      method: 'POST',
      path: '/v1/messages',
      protocol: 'messages',
      model: 'scripted-1',
      stream: true,
      tools: ['Bash', 'exec_command'],
      conversation: 'work',
      step: 0,
      outcome: 'step',
      status: 200,
      concurrent: 1,
      authorization: {
        header: 'authorization',
        sha256: createHash('sha256').update('secret-key').digest('hex'),
      },
    });
    expect(JSON.stringify(record)).not.toContain('secret-key');
    expect(record).not.toHaveProperty('body');
  });

  it('keeps bodies if asked to', async () => {
    const model = await start(WORK, { keepBodies: true });
    await ask(model, chat, { prompt });

    expect(model.requests()[0]?.body).toMatchObject({ messages: [{ role: 'system' }, { content: prompt }] });
  });

  it('is read and emptied over HTTP', async () => {
    const model = await start({
      conversations: [{ name: 'a', steps: [{ text: 'Hi.', fault: { kind: 'server_error', times: 1 } }] }],
    });
    const log = `${model.url}/_scripted/requests`;
    const statuses = async () => [
      (await send(model, chat, { prompt })).status,
      (await send(model, chat, { prompt })).status,
    ];

    expect(await statuses()).toEqual([500, 200]);
    expect(await (await fetch(log)).json()).toMatchObject({
      counters: { requests: 2, outcomes: { fault: 1, step: 1 } },
      requests: [
        { fault: 'server_error', status: 500 },
        { step: 0, status: 200 },
      ],
    });

    await fetch(log, { method: 'DELETE' });
    expect(model.requests()).toEqual([]);
    expect(await statuses()).toEqual([500, 200]);
  });
});

describe('the server', () => {
  it('listens on a unix socket as well', async () => {
    const socketPath = join(await temporaryDirectory('model'), 'model.sock');
    const model = await start(WORK, { socketPath });

    const request = httpRequest({ socketPath, path: '/v1/models' }).end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];

    expect(await textOf(response)).toContain('scripted-1');
    expect(model.requests()).toHaveLength(1);
  });

  it('does not start with a wrong scenario', async () => {
    await expect(startScriptedModel({ scenario: { conversations: [] } })).rejects.toThrow(ScenarioError);
  });

  it('leaves nothing behind when it can’t listen everywhere', async () => {
    const socketPath = join(await temporaryDirectory('model'), 'missing', 'model.sock');

    await expect(startScriptedModel({ scenario: WORK, socketPath })).rejects.toThrow(/ENOENT|EACCES/);
  });

  it('ends a hanging answer when it closes', async () => {
    const model = await start({ conversations: [{ name: 'a', steps: [{ fault: { kind: 'hang', from: 'middle' } }] }] });
    const response = await send(model, chat, { prompt });

    await model.close();

    await expect(response.text()).rejects.toThrow();
  });
});

/** Until the server noticed that nobody waits any more. */
async function settled(model: ScriptedModel): Promise<void> {
  while (model.counters().open > 0) await new Promise((resolve) => setImmediate(resolve));
}
