import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { countCriteria, criteriaOf, judgeCriteria, type Attestation } from './judge-criteria.js';

const CHECKS = [
  { name: 'unit', proves: ['tests pass'] },
  { name: 'lint', proves: ['ac-2'] },
];
const CRITERIA = criteriaOf(['tests pass', 'it is tidy', 'it is documented']);

const attestations = fc.array(
  fc.record({
    criterionId: fc.constantFrom('ac-1', 'ac-2', 'ac-3'),
    principal: fc.constantFrom('ada', 'ben'),
    treeId: fc.constantFrom('t', 'u'),
    met: fc.boolean(),
  }),
  { maxLength: 8 },
);
const results = fc.array(
  fc.record({
    name: fc.constantFrom('unit', 'lint', 'other'),
    state: fc.constantFrom('RUNNING', 'PASSED', 'FAILED', 'TIMED_OUT', 'ERRORED', 'SKIPPED'),
    treeId: fc.constantFrom('t', 'u'),
  }),
  { maxLength: 6 },
);

describe('judgeCriteria', () => {
  const judge = (facts: Partial<Parameters<typeof judgeCriteria>[1]>) =>
    judgeCriteria(CRITERIA, { treeId: 't', checks: CHECKS, results: [], attestations: [], ...facts });

  it('takes the checks that say they prove a criterion, by its text or its id', () => {
    const judged = judge({
      results: [
        { name: 'unit', state: 'PASSED', treeId: 't' },
        { name: 'lint', state: 'FAILED', treeId: 't' },
      ],
    });
    expect(judged.map(({ state }) => state)).toEqual(['MET', 'UNMET', 'UNPROVEN']);
    expect(judged[0]?.evidence).toEqual([
      { kind: 'CHECK', check: 'unit', checkState: 'PASSED', treeId: 't', met: true },
    ]);
    expect(countCriteria(judged)).toEqual({ MET: 1, UNMET: 1, UNPROVEN: 1 });
  });

  it('leaves unproven what only the platform failed at', () => {
    expect(judge({ results: [{ name: 'unit', state: 'ERRORED', treeId: 't' }] })[0]?.state).toBe('UNPROVEN');
  });

  it('takes the last word of each person', () => {
    const say = (principal: string, met: boolean): Attestation => ({
      criterionId: 'ac-3',
      principal,
      met,
      treeId: 't',
    });
    expect(judge({ attestations: [say('ada', false), say('ada', true)] })[2]?.state).toBe('MET');
    expect(judge({ attestations: [say('ada', true), say('ben', false)] })[2]?.state).toBe('UNMET');
  });

  it('calls nothing MET without evidence on exactly this tree, and nothing with a word against it', () => {
    fc.assert(
      fc.property(attestations, results, (said, ran) => {
        for (const { state, evidence } of judge({ attestations: said, results: ran })) {
          expect(evidence.every(({ treeId }) => treeId === 't')).toBe(true);
          expect(state === 'MET').toBe(evidence.length > 0 && evidence.every(({ met }) => met));
          expect(state === 'UNPROVEN').toBe(evidence.length === 0);
        }
      }),
    );
  });

  it('is not moved by what is of another tree', () => {
    fc.assert(
      fc.property(attestations, results, (said, ran) => {
        const own = {
          attestations: said.filter(({ treeId }) => treeId === 't'),
          results: ran.filter(({ treeId }) => treeId === 't'),
        };
        expect(judge({ attestations: said, results: ran })).toEqual(judge(own));
      }),
    );
  });
});
