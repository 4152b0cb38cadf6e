import { afterEach, describe, expect, it } from '@jest/globals';
import type { ScenarioInput } from './scenario.js';
import { type ScriptedModel, startScriptedModel } from './scripted-model.js';
import { eventsOf } from './spec-support/dialect.js';
import { ask, DIALECTS, send } from './spec-support/model-client.js';

type FaultInput = NonNullable<ScenarioInput['conversations'][number]['steps'][number]['fault']>;
type Refusal = readonly [status: number, code: unknown];

let model: ScriptedModel;
const prompt = 'Do the work';

async function startWith(fault: FaultInput): Promise<void> {
  const steps = [{ text: 'I do it.', tools: [{ tool: 'shell' as const, command: 'echo hi' }], fault }];
  model = await startScriptedModel({ scenario: { conversations: [{ name: 'work', steps }] } });
}

afterEach(async () => {
  await model.close();
});

/** By which each protocol's agents know a fault: OpenAI's code, Anthropic's type, Google's status. */
const REFUSALS: Readonly<Record<string, Readonly<Record<string, Refusal>>>> = {
  unauthorized: {
    responses: [401, 'invalid_api_key'],
    chat: [401, 'invalid_api_key'],
    messages: [401, 'authentication_error'],
    gemini: [401, 'UNAUTHENTICATED'],
  },
  rate_limited: {
    responses: [429, 'rate_limit_exceeded'],
    chat: [429, 'rate_limit_exceeded'],
    messages: [429, 'rate_limit_error'],
    gemini: [429, 'RESOURCE_EXHAUSTED'],
  },
  quota_exhausted: {
    responses: [429, 'insufficient_quota'],
    chat: [429, 'insufficient_quota'],
    messages: [400, 'invalid_request_error'],
    gemini: [429, 'RESOURCE_EXHAUSTED'],
  },
  server_error: {
    responses: [500, 'server_error'],
    chat: [500, 'server_error'],
    messages: [500, 'api_error'],
    gemini: [500, 'INTERNAL'],
  },
  overloaded: {
    responses: [529, 'server_is_overloaded'],
    chat: [529, 'server_is_overloaded'],
    messages: [529, 'overloaded_error'],
    gemini: [529, 'UNAVAILABLE'],
  },
  context_exceeded: {
    responses: [400, 'context_length_exceeded'],
    chat: [400, 'context_length_exceeded'],
    messages: [400, 'invalid_request_error'],
    gemini: [400, 'INVALID_ARGUMENT'],
  },
};

interface ErrorBody {
  error: { code: unknown; type?: string; status?: string; message: string };
}

describe.each(DIALECTS)('$name', (dialect) => {
  it.each(Object.keys(REFUSALS))('refuses: %s', async (kind) => {
    await startWith({ kind } as FaultInput);

    for (const stream of [true, false]) {
      const response = await send(model, dialect, { prompt, stream });
      const { error } = (await response.json()) as ErrorBody;
      const known = typeof error.code === 'string' ? error.code : (error.status ?? error.type);
      expect([response.status, known]).toEqual(REFUSALS[kind]![dialect.name]);
      expect(error.message).toMatch(/\w/);
      expect(response.headers.has('retry-after')).toBe(false);
    }
    expect(model.counters().outcomes).toEqual({ fault: 2 });
  });

  it('says when to come again, if the fault does', async () => {
    await startWith({ kind: 'rate_limited', retryAfterSeconds: 3 });

    expect((await send(model, dialect, { prompt })).headers.get('retry-after')).toBe('3');
  });

  it('happens so many times and no more', async () => {
    await startWith({ kind: 'server_error', times: 2 });

    const statuses = [];
    for (let round = 0; round < 4; round++) statuses.push((await send(model, dialect, { prompt })).status);

    expect(statuses).toEqual([500, 500, 200, 200]);
  });

  it.each([true, false])('cuts a reply in its middle (streamed: %s)', async (stream) => {
    await startWith({ kind: 'cut', times: 1 });

    const response = await send(model, dialect, { prompt, stream });
    const got = await received(response);

    expect(response.status).toBe(200);
    expect(got.text).not.toBe('');
    expect(got.broken).toBe(true);
    expect(model.requests()).toMatchObject([{ fault: 'cut', broken: true }]);
    expect(dialect.said(await ask(model, dialect, { prompt, stream })).text).toBe('I do it.');
  });

  it('hangs without a word', async () => {
    await startWith({ kind: 'hang' });
    const away = new AbortController();

    const response = send(model, dialect, { prompt }, away.signal);
    await until(() => model.counters().outcomes.fault === 1);
    away.abort();

    await expect(response).rejects.toThrow();
    await until(() => model.requests()[0]?.broken === true);
    expect(model.requests()[0]).not.toHaveProperty('status');
  });

  it('hangs in the middle of a reply', async () => {
    await startWith({ kind: 'hang', from: 'middle' });
    const away = new AbortController();

    const response = await send(model, dialect, { prompt }, away.signal);
    const first = await response.body!.getReader().read();
    away.abort();

    expect(first.done).toBe(false);
    await until(() => model.requests()[0]?.broken === true);
  });

  it('sends one event that is no JSON, among others that are', async () => {
    await startWith({ kind: 'malformed' });

    const { text, broken } = await received(await send(model, dialect, { prompt }));
    const wrong = eventsOf(text).filter(({ data }) => data !== '[DONE]' && !isJson(data));

    expect(broken).toBe(false);
    expect(wrong).toHaveLength(1);
  });

  it('sends a whole reply that is no JSON', async () => {
    await startWith({ kind: 'malformed' });

    const { text } = await received(await send(model, dialect, { prompt, stream: false }));

    expect(isJson(text)).toBe(false);
  });
});

async function received(response: Response): Promise<{ text: string; broken: boolean }> {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true });
    }
    return { text, broken: false };
  } catch {
    return { text, broken: true };
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}
