import { describe, expect, it } from '@jest/globals';
import { parseBatchFile } from './batch-file.js';

describe('parseBatchFile', () => {
  it('maps YAML to the body of CreateBatch as it stands', () => {
    const text = `
brief: |
  Keep it small.
priority: 2
labels: { ticket: A-1 }
tasks:
  - title: Fix the typo
    prompt: Fix it.
    attempts: 2
    agent: { kind: COMMAND, command: [bash, -c, "sed -i s/teh/the/ README.md"] }
    checks:
      - { name: unit, command: [npm, test], timeout: 120s, advisory: false }
`;
    expect(parseBatchFile(text, 'tasks.yaml')).toEqual({
      brief: 'Keep it small.\n',
      priority: 2,
      labels: { ticket: 'A-1' },
      tasks: [
        {
          title: 'Fix the typo',
          prompt: 'Fix it.',
          attempts: 2,
          agent: { kind: 'COMMAND', command: ['bash', '-c', 'sed -i s/teh/the/ README.md'] },
          checks: [{ name: 'unit', command: ['npm', 'test'], timeout: '120s', advisory: false }],
        },
      ],
    });
  });

  it('takes JSON, which is YAML', () => {
    expect(parseBatchFile('{"repositoryId":"r","tasks":[{"prompt":"p"}]}', 'b.json')).toEqual({
      repositoryId: 'r',
      tasks: [{ prompt: 'p' }],
    });
  });

  it('leaves a field that it does not know to the server', () => {
    expect(parseBatchFile('{promt: x, tasks: [{prompt: p}]}', 'f')).toHaveProperty('promt', 'x');
  });

  it.each([
    ['tasks: [', 'is neither YAML nor JSON'],
    ['a: 1\na: 2', 'is neither YAML nor JSON'],
    ['- x', 'must hold a mapping'],
    ['', 'must hold a mapping'],
    ['brief: x', 'has no tasks'],
    ['tasks: []', 'has no tasks'],
    ['tasks: [{prompt: p}, fix it]', 'tasks[1] is no mapping'],
  ])('says what is wrong with %j', (text, message) => {
    expect(() => parseBatchFile(text, 'tasks.yaml')).toThrow(
      expect.objectContaining({ exitCode: 2, message: expect.stringContaining(message) }),
    );
  });
});
