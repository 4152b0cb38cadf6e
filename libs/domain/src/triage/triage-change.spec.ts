import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { diffFacts, type TriagedFile } from './diff-facts.js';
import { isOverBacklogLimit, queuedMinutes } from './review-load.js';
import { inTriageOrder, triageChange, type TriageFacts } from './triage-change.js';

const PLAIN: TriageFacts = {
  diff: { lines: 10, files: 1, spread: 0, criticalPath: '', interfacePath: '', dependencyPath: '', editedTest: '' },
  partial: false,
  empty: false,
  holdsSecret: false,
  checks: 'GREEN',
  criteria: { MET: 0, UNMET: 0, UNPROVEN: 0 },
  overlaps: 0,
  priority: 3,
  waitingMs: 0,
};

const maybe = (path: string) => fc.constantFrom('', path);
const facts: fc.Arbitrary<TriageFacts> = fc.record({
  diff: fc.record({
    lines: fc.nat(2_000),
    files: fc.nat(60),
    spread: fc.double({ min: 0, max: 6, noNaN: true }),
    criticalPath: maybe('auth/a.ts'),
    interfacePath: maybe('a.proto'),
    dependencyPath: maybe('package.json'),
    editedTest: maybe('a.spec.ts'),
  }),
  partial: fc.boolean(),
  empty: fc.boolean(),
  holdsSecret: fc.boolean(),
  checks: fc.constantFrom('NONE', 'PENDING', 'GREEN', 'RED'),
  criteria: fc.record({ MET: fc.nat(3), UNMET: fc.nat(2), UNPROVEN: fc.nat(2) }),
  overlaps: fc.nat(20),
  priority: fc.integer({ min: 1, max: 5 }),
  waitingMs: fc.nat(10 * 24 * 3_600_000),
});

describe('triageChange', () => {
  it.each<[string, Partial<TriageFacts>, string]>([
    ['a small green change', {}, 'QUICK'],
    ['a longer one', { diff: { ...PLAIN.diff, lines: 60 } }, 'DEEP'],
    ['a critical path', { diff: { ...PLAIN.diff, criticalPath: 'auth/a.ts' } }, 'DEEP'],
    ['a very long one', { diff: { ...PLAIN.diff, lines: 401 } }, 'SPLIT_FIRST'],
    ['red checks', { checks: 'RED' }, 'RETURN_TO_AGENT'],
    ['an unmet criterion', { criteria: { MET: 1, UNMET: 1, UNPROVEN: 0 } }, 'RETURN_TO_AGENT'],
    ['a secret', { holdsSecret: true }, 'RETURN_TO_AGENT'],
    ['a partial change', { partial: true }, 'RETURN_TO_AGENT'],
    ['an empty change', { empty: true }, 'RETURN_TO_AGENT'],
  ])('sends %s the right way', (_, more, route) => {
    expect(triageChange({ ...PLAIN, ...more }).route).toBe(route);
  });

  it('names the three heaviest reasons, each with what it adds', () => {
    const { reasons, risk } = triageChange({
      ...PLAIN,
      checks: 'NONE',
      diff: { ...PLAIN.diff, criticalPath: 'auth/a.ts', interfacePath: 'a.proto' },
    });
    expect(reasons.map(({ reason }) => reason)).toEqual(['CRITICAL_PATH', 'NO_CHECKS', 'INTERFACE_CHANGED']);
    expect(reasons[0]).toMatchObject({ message: 'touches auth/a.ts', weight: 1 });
    expect(risk).toBeGreaterThan(triageChange(PLAIN).risk);
  });

  it('never falls in risk or effort for more of what is risky', () => {
    fc.assert(
      fc.property(facts, fc.nat(500), fc.nat(20), fc.nat(5), (given, lines, files, overlaps) => {
        const more = triageChange({
          ...given,
          overlaps: given.overlaps + overlaps,
          diff: {
            ...given.diff,
            lines: given.diff.lines + lines,
            files: given.diff.files + files,
            criticalPath: 'auth/a.ts',
          },
        });
        const before = triageChange(given);
        expect(more.risk).toBeGreaterThanOrEqual(before.risk);
        expect(more.effortMinutes).toBeGreaterThanOrEqual(before.effortMinutes);
      }),
    );
  });

  it('rises in priority with time, so that nothing waits for ever', () => {
    fc.assert(
      fc.property(facts, fc.nat(10 * 24 * 3_600_000), (given, later) => {
        const after = triageChange({ ...given, waitingMs: given.waitingMs + later });
        expect(after.priority).toBeGreaterThanOrEqual(triageChange(given).priority);
      }),
    );
  });

  it('has risks of 0 to 1 and three reasons at most', () => {
    fc.assert(
      fc.property(facts, (given) => {
        const { risk, reasons, effortMinutes } = triageChange(given);
        expect(risk).toBeGreaterThan(0);
        expect(risk).toBeLessThan(1);
        expect(reasons.length).toBeLessThanOrEqual(3);
        expect(effortMinutes).toBeGreaterThanOrEqual(3);
      }),
    );
  });

  it('puts changes into one order, however they come, those for agents last', () => {
    fc.assert(
      fc.property(fc.array(facts, { maxLength: 12 }), (list) => {
        const changes = list.map((each, index) => ({ id: String(index), triage: triageChange(each) }));
        const ordered = inTriageOrder(changes);
        expect(inTriageOrder(changes.toReversed())).toEqual(ordered);
        const returned = ordered.map(({ triage }) => triage.route === 'RETURN_TO_AGENT');
        expect(returned).toEqual(returned.toSorted());
      }),
    );
  });
});

describe('diffFacts', () => {
  const file = (path: string, more: Partial<TriagedFile> = {}): TriagedFile => ({
    path,
    status: 'MODIFIED',
    additions: 3,
    deletions: 1,
    ...more,
  });

  it('leaves out lock files and what is generated', () => {
    const facts = diffFacts([file('src/a.ts'), file('package-lock.json', { additions: 9_000 }), file('x/dist/b.js')]);
    expect(facts).toMatchObject({ lines: 4, files: 1, spread: 0 });
  });

  it('tells an edited test from a new one', () => {
    expect(diffFacts([file('a.spec.ts', { status: 'ADDED', deletions: 0 })]).editedTest).toBe('');
    expect(diffFacts([file('a.spec.ts', { deletions: 0 })]).editedTest).toBe('');
    expect(diffFacts([file('tests/a.py')]).editedTest).toBe('tests/a.py');
    expect(diffFacts([file('a.spec.ts', { status: 'DELETED' })]).editedTest).toBe('a.spec.ts');
  });

  it('knows critical paths, interfaces and dependencies', () => {
    expect(diffFacts([file('.github/workflows/ci.yml')]).criticalPath).toBe('.github/workflows/ci.yml');
    expect(diffFacts([file('src/auth/x.ts')]).criticalPath).toBe('src/auth/x.ts');
    expect(diffFacts([file('proto/a.proto')]).interfacePath).toBe('proto/a.proto');
    expect(diffFacts([file('web/package.json')]).dependencyPath).toBe('web/package.json');
  });

  it('measures how evenly the lines are spread', () => {
    expect(diffFacts([file('a/x'), file('b/x'), file('c/x'), file('d/x')]).spread).toBeCloseTo(2);
    expect(diffFacts([file('a/x'), file('a/y')]).spread).toBe(0);
  });

  it('does not depend on the order of files, but for which example it names', () => {
    const files = fc.array(
      fc.record({ path: fc.constantFrom('a/x', 'a/y', 'b/x', 'auth/z'), additions: fc.nat(50), deletions: fc.nat(50) }),
    );
    fc.assert(
      fc.property(files, (list) => {
        const given = list.map((each) => file(each.path, each));
        const { lines, files: count, spread } = diffFacts(given);
        expect(diffFacts(given.toReversed())).toMatchObject({ lines, files: count });
        expect(diffFacts(given.toReversed()).spread).toBeCloseTo(spread);
      }),
    );
  });
});

describe('the load of reviewers', () => {
  it('leaves out what goes back to agents, and knows when it is too much', () => {
    const quick = triageChange(PLAIN);
    const back = triageChange({ ...PLAIN, checks: 'RED' });
    expect(queuedMinutes([quick, back, quick])).toBe(2 * quick.effortMinutes);
    expect(isOverBacklogLimit(121, 120)).toBe(true);
    expect(isOverBacklogLimit(120, 120)).toBe(false);
    expect(isOverBacklogLimit(9_999, 0)).toBe(false);
  });
});
