import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { judgeApprovals, type ApprovalRules, type GivenVerdict, type OwnedPath } from './judge-approvals.js';
import { movedContent, type TouchedFile } from './verdict-survival.js';

const RULES: ApprovalRules = { required: 1, selfApproval: true, ownerPrincipals: new Map() };

const people = fc.constantFrom('ada', 'ben', 'cid', 'dot');
const verdicts = fc
  .array(fc.record({ principal: people, decision: fc.constantFrom('APPROVE', 'REQUEST_CHANGES', 'REJECT') }), {
    maxLength: 8,
  })
  .map((given) => given.map((verdict, index): GivenVerdict => ({ ...verdict, id: String(index) })));
const paths = fc.array(
  fc.record({
    path: fc.constantFrom('a', 'b', 'c', 'd'),
    owners: fc.subarray(['@ada', '@ben', '@team']),
    isCiDefinition: fc.boolean(),
  }),
  { maxLength: 6 },
);
const rules = fc.record({
  required: fc.nat(3),
  selfApproval: fc.boolean(),
  ownerPrincipals: fc.constantFrom(new Map(), new Map([['@team', ['cid']]])),
});

describe('judgeApprovals', () => {
  it('counts the last verdict of each person', () => {
    const given: GivenVerdict[] = [
      { id: '1', principal: 'ben', decision: 'REJECT' },
      { id: '2', principal: 'ada', decision: 'APPROVE' },
      { id: '3', principal: 'ben', decision: 'APPROVE' },
    ];
    expect(judgeApprovals({ ...RULES, required: 2 }, given, [], '')).toEqual({
      state: 'APPROVED',
      given: ['ada', 'ben'],
      required: 2,
      missing: [],
      blockedBy: [],
    });
    expect(judgeApprovals(RULES, given.slice(0, 2), [], '')).toMatchObject({ state: 'REJECTED', blockedBy: ['1'] });
  });

  it('takes any owner of a path for all of them, by the list of who speaks for whom', () => {
    const owned: OwnedPath[] = [
      { path: 'a', owners: ['@team', '@zoe'], isCiDefinition: false },
      { path: 'b', owners: ['@ben'], isCiDefinition: false },
      { path: 'c', owners: ['@zoe', '@team'], isCiDefinition: false },
    ];
    const given: GivenVerdict[] = [{ id: '1', principal: 'cid', decision: 'APPROVE' }];
    expect(judgeApprovals(RULES, given, owned, '').missing).toEqual([
      { kind: 'OWNER', owners: ['@ben'], paths: ['b'], count: 1 },
      { kind: 'OWNER', owners: ['@team', '@zoe'], paths: ['a', 'c'], count: 1 },
    ]);
    const spoken = { ...RULES, ownerPrincipals: new Map([['@team', ['cid']]]) };
    expect(judgeApprovals(spoken, given, owned, '').missing).toMatchObject([{ owners: ['@ben'] }]);
  });

  it('never counts the launcher where self-approval is off, nor anybody twice', () => {
    fc.assert(
      fc.property(rules, verdicts, paths, people, (rule, given, owned, launcher) => {
        const judged = judgeApprovals(rule, given, owned, launcher);
        if (!rule.selfApproval) expect(judged.given).not.toContain(launcher);
        expect(new Set(judged.given).size).toBe(judged.given.length);
      }),
    );
  });

  it('does not depend on the order of paths', () => {
    fc.assert(
      fc.property(rules, verdicts, paths, (rule, given, owned) => {
        expect(judgeApprovals(rule, given, owned.toReversed(), '')).toEqual(judgeApprovals(rule, given, owned, ''));
      }),
    );
  });

  it('takes nothing from a change for one more approval of somebody who stood against nothing', () => {
    fc.assert(
      fc.property(rules, verdicts, paths, (rule, given, owned) => {
        const before = judgeApprovals(rule, given, owned, '');
        const after = judgeApprovals(rule, [...given, { id: 'new', principal: 'eve', decision: 'APPROVE' }], owned, '');
        expect(after.missing.length).toBeLessThanOrEqual(before.missing.length);
        if (before.state === 'APPROVED') expect(after.state).toBe('APPROVED');
      }),
    );
  });

  it('approves exactly where nothing is missing and nobody stands against it', () => {
    fc.assert(
      fc.property(rules, verdicts, paths, people, (rule, given, owned, launcher) => {
        const { state, missing, blockedBy, given: counted, required } = judgeApprovals(rule, given, owned, launcher);
        expect(state === 'APPROVED').toBe(missing.length === 0 && blockedBy.length === 0);
        if (state === 'APPROVED') expect(counted.length).toBeGreaterThanOrEqual(required);
        if (state === 'APPROVED' && owned.some(({ isCiDefinition }) => isCiDefinition)) expect(counted).not.toEqual([]);
      }),
    );
  });
});

describe('movedContent', () => {
  const file = fc.record({
    path: fc.constantFrom('a', 'b', 'c'),
    oldMode: fc.constantFrom('100644', '100755'),
    oldId: fc.constantFrom('1', '2'),
    mode: fc.constantFrom('100644', '100755'),
    id: fc.constantFrom('1', '2'),
  });
  const files = fc.uniqueArray(file, { selector: ({ path }) => path });

  it('is empty exactly where the same files have the same content on both sides', () => {
    const facts = (list: readonly TouchedFile[]) => list.map((each) => JSON.stringify(each)).sort();
    fc.assert(
      fc.property(files, files, (seen, now) => {
        expect(movedContent(seen, now).length === 0).toBe(JSON.stringify(facts(seen)) === JSON.stringify(facts(now)));
        expect(movedContent(seen, seen.toReversed())).toEqual([]);
        expect(movedContent(seen, now)).toEqual(movedContent(now, seen));
      }),
    );
  });

  it('takes the same file on another base for another change', () => {
    const file = (oldId: string): TouchedFile => ({ path: 'a', oldId, oldMode: '100644', id: '9', mode: '100644' });
    expect(movedContent([file('1')], [file('2')])).toEqual(['a']);
    expect(movedContent([file('1')], [{ ...file('1'), mode: '100755' }])).toEqual(['a']);
  });

  it('names what was touched only before, only after, and otherwise', () => {
    const at = (path: string, id: string): TouchedFile => ({ path, id, mode: '100644' });
    expect(
      movedContent(
        [at('gone', '1'), at('same', '1'), at('other', '1')],
        [at('other', '2'), at('same', '1'), at('new', '1')],
      ),
    ).toEqual(['gone', 'new', 'other']);
  });
});
