import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { unionOfChecks } from './union-of-checks.js';

const check = (name: string, ...command: string[]) => ({ name, command, advisory: false });

describe('the checks of several lists together', () => {
  it('are each there once, with whose they are, and none is lost where two have one name', () => {
    const [test, lint, other] = [check('test', 'npm', 'test'), check('lint', 'eslint'), check('test', 'make', 'test')];
    expect(unionOfChecks([[test, lint], [test], [other], [other, lint]])).toEqual([
      { check: test, of: [0, 1] },
      { check: lint, of: [0, 3] },
      { check: { ...other, name: 'test-2' }, of: [2, 3] },
    ]);
  });

  it('are told apart by what may differ beside the command', () => {
    const plain = check('test', 'make');
    const slow = { ...plain, timeout: { seconds: '9', nanos: 0 } };
    const advisory = { ...plain, advisory: true };
    expect(unionOfChecks([[plain], [slow], [advisory]]).map(({ check: { name } }) => name)).toEqual([
      'test',
      'test-2',
      'test-3',
    ]);
  });

  it('are other checks where they run elsewhere', () => {
    const test = check('test', 'make');
    const united = unionOfChecks([[test], [test], [test]], (place) => ['here', 'there', 'here'][place] ?? '');
    expect(united.map(({ check: { name }, of }) => [name, of])).toEqual([
      ['test', [0, 2]],
      ['test-2', [1]],
    ]);
  });

  it('hold whatever is asked, under names that are all different, those of the first list as they were', () => {
    const name = fc.constantFrom('a', 'a-2', 'b');
    const list = fc.uniqueArray(
      fc.record({ name, command: fc.tuple(fc.constantFrom('x', 'y')), advisory: fc.boolean() }),
      { selector: (each) => each.name },
    );
    fc.assert(
      fc.property(fc.array(list, { maxLength: 5 }), (lists) => {
        const all = unionOfChecks(lists);
        expect(new Set(all.map((each) => each.check.name)).size).toBe(all.length);
        for (const [place, checks] of lists.entries()) {
          for (const { command, advisory } of checks) {
            const held = all.filter((each) => each.of.includes(place));
            expect(held.map((each) => [each.check.command, each.check.advisory])).toContainEqual([command, advisory]);
          }
        }
        expect(all.slice(0, lists[0]?.length).map((each) => each.check.name)).toEqual(
          (lists[0] ?? []).map((each) => each.name),
        );
      }),
    );
  });
});
