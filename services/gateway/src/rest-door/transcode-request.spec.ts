import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CreateBatchRequest, ListAttemptsRequest, UpdateEnvironmentRequest, WaitBatchRequest } from '@heddle/contracts';
import { binaryToJson, jsonToBinary, type JsonValue } from '@heddle/contracts/json';
import { HeddleError, type FieldViolation } from '@heddle/domain';
import { MethodCatalog } from '../catalog/method-catalog.js';
import { RouteTable } from './route-table.js';
import { transcodeRequest } from './transcode-request.js';

const routes = new RouteTable(new MethodCatalog());

function transcode(verb: string, url: string, body?: JsonValue): Uint8Array {
  const { pathname, searchParams } = new URL(url, 'http://x');
  return transcodeRequest(routes.match(verb, pathname), searchParams, body);
}

function faults(verb: string, url: string, body?: JsonValue): readonly FieldViolation[] {
  try {
    transcode(verb, url, body);
  } catch (error) {
    if (HeddleError.is(error) && error.reason === 'FIELD_INVALID') return error.violations;
    throw error;
  }
  return [];
}

const fieldsOf = (violations: readonly FieldViolation[]) => violations.map(({ field }) => field);

describe('transcodeRequest', () => {
  it('takes a body, in either spelling of its keys', () => {
    const task = { title: 't', prompt: 'p', agent: { kind: 'COMMAND', command: ['true'] } };
    const request = CreateBatchRequest.decode(
      transcode('POST', '/v1/batches', {
        requestId: 'r',
        repository_id: 'x',
        tasks: [task],
        labels: { a_b: 'c' },
        priority: '3',
      }),
    );
    expect(request).toMatchObject({ requestId: 'r', repositoryId: 'x', labels: { a_b: 'c' }, priority: 3 });
    expect(request.tasks[0]).toMatchObject({ title: 't', agent: { kind: 'COMMAND', command: ['true'] } });
  });

  it('takes query parameters: numbers, repeated enum words, either spelling', () => {
    const request = ListAttemptsRequest.decode(
      transcode('GET', '/v1/attempts?pageSize=5&states=RUNNING&states=QUEUED&batch_id=b'),
    );
    expect(request).toMatchObject({ pageSize: 5, states: ['RUNNING', 'QUEUED'], batchId: 'b' });
    expect(WaitBatchRequest.decode(transcode('GET', '/v1/batches/b1:wait?timeout=1.5s'))).toMatchObject({
      id: 'b1',
      timeout: { seconds: '1', nanos: 500_000_000 },
    });
  });

  it('names every fault of a body at once, in the spelling of the client', () => {
    const body: JsonValue = JSON.parse(
      JSON.stringify({
        repositoryId: 7,
        nonsense: true,
        priority: 1.5,
        ref: 'a\0b',
        labels: { ok: 1 },
        tasks: [
          { mode: 'DANCE', checks: [{ timeout: '5 minutes', name: '\ud800' }] },
          'x',
          { attempts: 99999999999, agent: { Kind: 'X' } },
        ],
      }),
    ) as JsonValue;
    expect(fieldsOf(faults('POST', '/v1/batches', body)).sort()).toEqual(
      [
        'labels.ok',
        'nonsense',
        'priority',
        'ref',
        'repositoryId',
        'tasks[0].checks[0].name',
        'tasks[0].checks[0].timeout',
        'tasks[0].mode',
        'tasks[1]',
        'tasks[2].agent.Kind',
        'tasks[2].attempts',
      ].sort(),
    );
  });

  it('names every fault of a query at once', () => {
    const violations = faults(
      'GET',
      '/v1/attempts?pageSize=x&states=RUNNING&states=FOO&stranger=1&page_token=a&pageToken=b',
    );
    expect(fieldsOf(violations)).toEqual(['stranger', 'pageToken']);
    expect(fieldsOf(faults('GET', '/v1/attempts?pageSize=x&states=RUNNING&states=FOO'))).toEqual([
      'pageSize',
      'states[1]',
    ]);
    expect(fieldsOf(faults('GET', '/v1/batches/b1?id=b2'))).toEqual(['id']);
    expect(fieldsOf(faults('POST', '/v1/batches?ref=x', {}))).toEqual(['ref']);
    expect(fieldsOf(faults('GET', '/v1/batches/%00'))).toEqual(['id']);
  });

  it('takes a path value and the same one in the body, but no other', () => {
    expect(faults('POST', '/v1/batches/b1:cancel', { id: 'b1' })).toEqual([]);
    expect(fieldsOf(faults('POST', '/v1/batches/b1:cancel', { id: 'b2' }))).toEqual(['id']);
  });

  it('makes the mask of an update from the keys that were sent', () => {
    const sent = UpdateEnvironmentRequest.decode(
      transcode('PATCH', '/v1/environments/e1', { name: 'n', create_time: '2026-01-01T00:00:00Z' }),
    );
    expect(sent.environment).toMatchObject({ id: 'e1', name: 'n' });
    expect(sent.updateMask).toEqual(['name', 'create_time']);
    expect(
      UpdateEnvironmentRequest.decode(
        transcode('PATCH', '/v1/environments/e1?updateMask=name', { name: 'n', checks: [] }),
      ).updateMask,
    ).toEqual(['name']);
    expect(fieldsOf(faults('PATCH', '/v1/environments/e1', { nme: 'n' }))).toEqual(['nme']);
  });

  it.each([[[]], ['text'], [1], [null]])('refuses the body %p', (body) => {
    expect(faults('POST', '/v1/batches', body as JsonValue)).toHaveLength(1);
  });

  it('takes no body for an empty one', () => {
    expect(transcode('POST', '/v1/batches')).toHaveLength(0);
  });

  it('is not fooled by names of the language', () => {
    expect(
      fieldsOf(
        faults('POST', '/v1/batches', JSON.parse('{"__proto__":{"a":1},"constructor":1,"toString":1}') as JsonValue),
      ).sort(),
    ).toEqual(['__proto__', 'constructor', 'toString']);
    expect(fieldsOf(faults('GET', '/v1/attempts?__proto__=1&constructor.name=2'))).toEqual([
      '__proto__',
      'constructor.name',
    ]);
  });

  it('gives back what canonical JSON of the message says, for any message', () => {
    const text = fc.string({ unit: 'binary' }).filter((each) => !each.includes('\0'));
    const task = fc.record(
      {
        title: text,
        prompt: text,
        mode: fc.constantFrom('CODE', 'ASK', 'PLAN'),
        attempts: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
        declaredPaths: fc.array(text),
      },
      { requiredKeys: [] },
    );
    const batch = fc.record(
      {
        requestId: text,
        repositoryId: text,
        ref: text,
        brief: text,
        labels: fc.dictionary(
          text.filter((key) => key !== '__proto__'),
          text,
        ),
        tasks: fc.array(task),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(batch, (json) => {
        const binary = transcode('POST', '/v1/batches', json);
        expect(Buffer.from(binary)).toEqual(
          Buffer.from(jsonToBinary('heddle.v1.CreateBatchRequest', json as JsonValue)),
        );
        expect(
          Buffer.from(transcode('POST', '/v1/batches', binaryToJson('heddle.v1.CreateBatchRequest', binary))),
        ).toEqual(Buffer.from(binary));
      }),
    );
  });

  it('answers any JSON at all with a request or with faults, and nothing else', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.dictionary(fc.constantFrom('tasks', 'labels', 'ref', 'priority', 'x'), fc.jsonValue()),
        (any, object) => {
          expect(Array.isArray(faults('POST', '/v1/batches', any as JsonValue))).toBe(true);
          expect(Array.isArray(faults('POST', '/v1/batches', object as JsonValue))).toBe(true);
        },
      ),
    );
  });
});
