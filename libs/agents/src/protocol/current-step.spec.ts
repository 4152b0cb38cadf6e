import { describe, expect, it } from '@jest/globals';
import {
  AgentActivity_Kind as Kind,
  AgentActivity_Status as Status,
  FileEdit_Kind,
  PlanStep_State,
} from '@heddle/contracts';
import fc from 'fast-check';
import type { ReadActivity } from '../agent-adapter.js';
import { commandRun, failed, fileChange, planned, spoken, toolCall, used } from './activities.js';
import { CurrentStep } from './current-step.js';

const shown = (text: string): string => text;
const after = (...activities: ReadActivity[]): string => {
  const step = new CurrentStep();
  for (const activity of activities) step.add(activity);
  return step.line(shown);
};
const run = (itemId: string, status: Status, command = `make ${itemId}`): ReadActivity =>
  commandRun({ itemId, status, command });
const edits = [{ path: '/w/src/a.ts', kind: FileEdit_Kind.MODIFIED }];
const { STARTED, SUCCEEDED, FAILED } = Status;

describe('what an agent is doing now', () => {
  it.each<[string, ReadActivity[]]>([
    ['', []],
    ['runs make a', [run('a', STARTED)]],
    ['ran make a', [run('a', STARTED), run('a', SUCCEEDED)]],
    ['ran and failed: make a', [run('a', FAILED), used()]],
    ['edited src/a.ts', [fileChange({ itemId: '', status: SUCCEEDED, workspace: '/w', edits })]],
    [
      'calls db query {"sql":"x"}',
      [toolCall({ itemId: 't', status: STARTED, server: 'db', name: 'query', input: { sql: 'x' } })],
    ],
    ['thinks: why', [spoken(Kind.REASONING, { text: 'why' })]],
    ['says: done', [run('a', SUCCEEDED), spoken(Kind.MESSAGE, { text: 'done' })]],
    ['fails: no credit', [failed('no credit')]],
    [
      'plans: two',
      [
        planned({
          itemId: '',
          status: SUCCEEDED,
          steps: [
            { text: 'one', state: PlanStep_State.DONE },
            { text: 'two', state: PlanStep_State.ACTIVE },
          ],
        }),
      ],
    ],
    // Two at once: the one that still runs.
    ['runs make b', [run('a', STARTED), run('b', STARTED), run('a', SUCCEEDED)]],
    ['ran make b', [run('a', STARTED), run('b', STARTED), run('a', SUCCEEDED), run('b', SUCCEEDED)]],
  ])('is %j', (line, activities) => {
    expect(after(...activities)).toBe(line);
  });

  it('is one short line without control characters, whatever the agent printed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\u001b[31m', '\n', 'x'.repeat(300)))),
        (parts) => {
          const line = after(run('a', STARTED, parts.join('')));
          expect(Buffer.byteLength(line)).toBeLessThanOrEqual(200);
          expect(line).not.toMatch(/[\p{Cc}\u2028]/u);
        },
      ),
    );
  });

  it('has no secret, nor a part of one where it is cut, nor one behind colours', () => {
    const hide = (text: string): string => text.replaceAll('hunter2-hunter2', '***');
    for (let before = 150; before < 210; before++) {
      const step = new CurrentStep();
      step.add(run('a', STARTED, `${'x'.repeat(before)}hunter2-hunter2`));
      expect(step.line(hide)).not.toContain('hun');
    }
    const step = new CurrentStep();
    step.add(spoken(Kind.MESSAGE, { text: 'hunter2-\u001b[1mhunter2' }));
    expect(step.line(hide)).toBe('says: ***');
  });
});
