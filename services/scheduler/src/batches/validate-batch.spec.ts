import { describe, expect, it } from '@jest/globals';
import { CreateBatchRequest } from '@heddle/contracts';
import { fromCanonicalJson, type JsonValue } from '@heddle/contracts/json';
import { AGENT_KINDS, HeddleError } from '@heddle/domain';
import { refuseInvalidBatch } from './validate-batch.js';

const task = { prompt: 'Do it', agent: { kind: 'COMMAND', command: ['true'] } };

function faults(request: JsonValue): string[] {
  try {
    refuseInvalidBatch(fromCanonicalJson('heddle.v1.CreateBatchRequest', CreateBatchRequest, request));
    return [];
  } catch (error) {
    if (!HeddleError.is(error)) throw error;
    return error.reason === 'FIELD_INVALID' ? error.violations.map((fault) => fault.field) : [error.reason];
  }
}

describe('what a CreateBatch may say', () => {
  it('takes a task with a prompt and a command', () => {
    expect(faults({ tasks: [task] })).toEqual([]);
  });

  it.each([
    ['no task', { tasks: [] }, ['tasks']],
    ['201 tasks', { tasks: Array.from({ length: 201 }, () => task) }, ['tasks']],
    ['no prompt', { tasks: [{ ...task, prompt: ' ' }] }, ['tasks[0].prompt']],
    ['a prompt over 256 KiB', { tasks: [{ ...task, prompt: 'x'.repeat(256 * 1024 + 1) }] }, ['tasks[0].prompt']],
    ['0 attempts', { tasks: [{ ...task, attempts: 0 }] }, ['tasks[0].attempts']],
    ['1,000 attempts', { tasks: [{ ...task, attempts: 1_000 }] }, ['tasks[0].attempts']],
    ['a priority of 6', { tasks: [task], priority: 6 }, ['priority']],
    ['a ref that git could take for an option', { tasks: [task], ref: '--upload-pack=x' }, ['ref']],
    ['a ref that git would not take for a name', { tasks: [task], ref: 'x.lock' }, ['ref']],
    ['no command', { tasks: [{ ...task, agent: { kind: 'COMMAND' } }] }, ['tasks[0].agent.command']],
    [
      'an argument that an agent must not be given',
      { tasks: [{ ...task, agent: { kind: 'CODEX', args: ['--sandbox', 'read-only'] } }] },
      ['tasks[0].agent.args', 'tasks[0].agent.args'],
    ],
    [
      'a command for an agent that has its own',
      { tasks: [{ ...task, agent: { kind: 'GEMINI', command: ['x'] } }] },
      ['tasks[0].agent.command'],
    ],
    ['an unknown kind of agent', { tasks: [{ ...task, agent: { kind: 'ROBOT' } }] }, ['tasks[0].agent.kind']],
    ...AGENT_KINDS.filter(({ available }) => !available).map(({ kind }): [string, JsonValue, string[]] => [
      `${kind}, which is advertised and not built yet`,
      { tasks: [{ ...task, agent: { kind } }] },
      ['NOT_AVAILABLE'],
    ]),
    [
      'two checks of one name',
      {
        tasks: [
          {
            ...task,
            checks: [
              { name: 'a', command: ['true'] },
              { name: 'a', command: ['true'] },
            ],
          },
        ],
      },
      ['tasks[0].checks[1].name'],
    ],
    [
      'variants beside attempts and an agent',
      { tasks: [{ ...task, attempts: 2, variants: [{ name: 'a' }] }] },
      ['tasks[0].attempts', 'tasks[0].agent'],
    ],
    [
      'two variants of one name, and names that are none',
      { tasks: [{ prompt: 'x', variants: [{ name: 'a' }, { name: 'a' }, { name: '' }, { name: 'a b' }] }] },
      ['tasks[0].variants[1].name', 'tasks[0].variants[2].name', 'tasks[0].variants[3].name'],
    ],
    [
      'variants with 17 attempts in all',
      {
        tasks: [
          {
            prompt: 'x',
            variants: [
              { name: 'a', attempts: 16 },
              { name: 'b', attempts: 1 },
            ],
          },
        ],
      },
      ['tasks[0].variants'],
    ],
    [
      "a variant's own faults",
      {
        tasks: [
          {
            prompt: 'x',
            variants: [{ name: 'a', attempts: 0, agent: { kind: 'ROBOT' }, prompt: 'x'.repeat(256 * 1024 + 1) }],
          },
        ],
      },
      ['tasks[0].variants[0].attempts', 'tasks[0].variants[0].prompt', 'tasks[0].variants[0].agent.kind'],
    ],
    [
      'a check without end',
      { tasks: [{ ...task, checks: [{ name: 'a', command: ['true'], timeout: '86401s' }] }] },
      ['tasks[0].checks[0].timeout'],
    ],
  ])('refuses %s', (_, request, fields) => {
    expect(faults(request)).toEqual(fields);
  });

  it('names all faults at once', () => {
    expect(
      faults({
        tasks: [
          { ...task, prompt: '' },
          { ...task, attempts: 17 },
        ],
        priority: -1,
      }),
    ).toEqual(['priority', 'tasks[0].prompt', 'tasks[1].attempts']);
  });
});
