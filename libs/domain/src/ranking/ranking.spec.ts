import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { CrossOutcome, CrossTestFacts } from './cross-votes.js';
import { judgeGates, type GateFacts, type GateFailure } from './gates.js';
import { rankAttempts, type RankedAttempt, type RankingInput } from './rank-attempts.js';
import { wilsonInterval } from './wilson-interval.js';

const RED: GateFailure = { reason: 'CHECKS_NOT_GREEN', message: '', paths: [] };

function attempt(id: string, fields: Partial<RankedAttempt> = {}): RankedAttempt {
  const attemptNumber = id.charCodeAt(0) - 96;
  return { attemptId: id, attemptNumber, gates: [], solution: id, changedLines: 20, risks: 0, tokens: 0, ...fields };
}

function test(author: string, results: Record<string, CrossOutcome>, base: CrossOutcome = 'FAILED'): CrossTestFacts {
  return { author, path: `${author}.test`, base, results: new Map(Object.entries(results)) };
}

const rank = (attempts: readonly RankedAttempt[], tests: readonly CrossTestFacts[] = []) =>
  rankAttempts({ attempts, tests, hasChecks: true, isOpen: false });
const ranks = (verdict: ReturnType<typeof rank>) =>
  Object.fromEntries(verdict.order.map(({ attemptId, rank: place }) => [attemptId, place]));
const codes = (verdict: ReturnType<typeof rank>) => verdict.reasons.map(({ code }) => code);

describe('rankAttempts', () => {
  it('has no winner where nothing passes the gates, or where there is nothing', () => {
    expect(rank([attempt('a', { gates: [RED] })])).toMatchObject({
      outcome: 'NO_WINNER',
      best: [],
      order: [{ rank: 0 }],
    });
    expect(codes(rank([]))).toEqual(['NONE_PASSES']);
  });

  it('takes the only one that passes, however small and cheap the others are', () => {
    const verdict = rank([
      attempt('a', { gates: [RED], changedLines: 1, tokens: 1 }),
      attempt('b', { changedLines: 900 }),
    ]);
    expect(verdict).toMatchObject({ outcome: 'WINNER', best: ['b'], confidence: 'LOW' });
    expect(ranks(verdict)).toEqual({ b: 1, a: 0 });
  });

  it('calls those equal that did the same, with confidence where the others fail', () => {
    const verdict = rank([
      attempt('a', { solution: 's' }),
      attempt('b', { gates: [RED] }),
      attempt('c', { solution: 's' }),
    ]);
    expect(verdict).toMatchObject({ outcome: 'TIE', best: ['a', 'c'], confidence: 'HIGH' });
    expect(codes(verdict)).toEqual(['SAME_SOLUTION']);
  });

  it('follows the tests of the others before numbers, size and cost', () => {
    const wrong = { solution: 's', changedLines: 2, tokens: 5 };
    const verdict = rank(
      [
        attempt('a', wrong),
        attempt('b', wrong),
        attempt('c', { changedLines: 400 }),
        attempt('d', { changedLines: 90 }),
      ],
      [test('c', { a: 'FAILED', b: 'FAILED', d: 'PASSED' }), test('d', { a: 'FAILED', b: 'FAILED', c: 'PASSED' })],
    );
    expect(verdict).toMatchObject({ outcome: 'WINNER', best: ['d'] });
    expect(codes(verdict)).toEqual(['TESTS_AGREE', 'SMALLER_CHANGE']);
    expect(ranks(verdict)).toEqual({ d: 1, c: 2, a: 3, b: 3 });
  });

  it('is confident where the tests of two siblings pass on one alone', () => {
    const verdict = rank(
      [attempt('a'), attempt('b'), attempt('c')],
      [test('a', { b: 'FAILED', c: 'PASSED' }), test('b', { a: 'FAILED', c: 'PASSED' })],
    );
    expect(verdict).toMatchObject({ outcome: 'WINNER', best: ['c'] });
    expect(verdict.order[0]).toMatchObject({ attemptId: 'c', votesFor: 2, votesAgainst: 0, score: 0 });
  });

  it.each<[string, CrossTestFacts]>([
    ['it passes on the base', test('a', { b: 'FAILED', c: 'PASSED' }, 'PASSED')],
    ['it passes on nobody else', test('a', { b: 'FAILED', c: 'FAILED' })],
    ['could not be run over the base', test('a', { b: 'FAILED', c: 'PASSED' }, 'NOT_RUN')],
    ['does not pass the gates', test('d', { b: 'FAILED', c: 'PASSED' })],
  ])('gives a test no vote where %s', (why, facts) => {
    const verdict = rank([attempt('a'), attempt('b'), attempt('c'), attempt('d', { gates: [RED] })], [facts]);
    expect(verdict.tests[0]).toMatchObject({ votes: false, message: expect.stringContaining(why) });
    expect(verdict.order.every(({ score }) => score === 0)).toBe(true);
  });

  it('gives the own pass no vote; what shows a difference it shows all the same', () => {
    const verdict = rank([attempt('a'), attempt('c')], [test('a', { a: 'PASSED', c: 'FAILED' })]);
    expect(verdict.tests[0]).toMatchObject({ votes: false, distinguishes: true });
    expect(verdict.order.every(({ votesFor, votesAgainst }) => votesFor + votesAgainst === 0)).toBe(true);
  });

  it('lets a test vote that passes on the same work of somebody else, and calls nobody worse for writing tests', () => {
    const same = { solution: 's' };
    const tests = [
      test('a', { b: 'PASSED', c: 'PASSED' }),
      { ...test('b', { a: 'PASSED', c: 'FAILED' }), path: 'edge' },
    ];
    const verdict = rank([attempt('a', same), attempt('b', same), attempt('c')], tests);
    expect(verdict).toMatchObject({ outcome: 'TIE', best: ['a', 'b'], confidence: 'HIGH' });
    expect(codes(verdict)).toEqual(['TESTS_AGREE', 'SAME_SOLUTION']);
    const alone = rank([attempt('a'), attempt('c')], [test('a', { c: 'PASSED' })]);
    expect(alone).toMatchObject({ outcome: 'TIE', best: ['a', 'c'] });
  });

  it('holds a test that does not load against nobody, and for nobody', () => {
    const verdict = rank([attempt('a'), attempt('b'), attempt('c')], [test('a', { b: 'NOT_LOADED', c: 'PASSED' })]);
    const votes = verdict.order.map((each) => [each.attemptId, each.votesFor, each.votesAgainst]);
    expect(votes).toEqual([
      ['a', 0, 0],
      ['b', 0, 0],
      ['c', 1, 0],
    ]);
  });

  it('weighs the tests of one author once, however many there are', () => {
    const many = Array.from({ length: 30 }, (_, at) => ({
      ...test('a', { b: 'PASSED', c: 'FAILED', d: 'FAILED' }),
      path: `${at}`,
    }));
    const verdict = rank(
      [attempt('a'), attempt('b'), attempt('c'), attempt('d')],
      [
        ...many,
        test('b', { a: 'FAILED', c: 'PASSED', d: 'FAILED' }),
        test('d', { a: 'FAILED', b: 'FAILED', c: 'PASSED' }),
      ],
    );
    const score = Object.fromEntries(verdict.order.map((each) => [each.attemptId, each.score]));
    expect(score).toEqual({ a: -2, b: -1, c: -1, d: -2 });
  });

  it('has no winner where they behave differently and nothing says which is right', () => {
    const verdict = rank([attempt('a'), attempt('b')], [test('a', { b: 'FAILED' }), test('b', { a: 'FAILED' })]);
    expect(verdict).toMatchObject({ outcome: 'NO_WINNER', best: [] });
    expect(codes(verdict)).toEqual(['SIBLINGS_DISAGREE']);
    expect(ranks(verdict)).toEqual({ a: 1, b: 1 });
  });

  it('takes the smaller of equals only where it is much smaller, then the less risky', () => {
    expect(rank([attempt('a', { changedLines: 20 }), attempt('b', { changedLines: 30 })])).toMatchObject({
      outcome: 'TIE',
    });
    const smaller = rank([attempt('a', { changedLines: 20 }), attempt('b', { changedLines: 31 })]);
    expect([smaller.best, smaller.confidence, codes(smaller)]).toEqual([['a'], 'LOW', ['SMALLER_CHANGE']]);
    expect(codes(rank([attempt('a', { risks: 1 }), attempt('b')]))).toEqual(['LOWER_RISK']);
  });

  it('shows the cheaper of equals first', () => {
    const verdict = rank([attempt('a', { tokens: 0 }), attempt('b', { tokens: 900 }), attempt('c', { tokens: 400 })]);
    expect([verdict.outcome, verdict.order.map(({ attemptId }) => attemptId)]).toEqual(['TIE', ['c', 'b', 'a']]);
  });

  it('is never confident while something is open, and says where there are no checks', () => {
    const attempts = [attempt('a', { solution: 's' }), attempt('b', { solution: 's' }), attempt('c', { gates: [RED] })];
    expect(rankAttempts({ attempts, tests: [], hasChecks: true, isOpen: true })).toMatchObject({ confidence: 'LOW' });
    expect(codes(rankAttempts({ attempts, tests: [], hasChecks: false, isOpen: false }))).toContain('NO_CHECKS');
  });
});

const OUTCOMES: readonly CrossOutcome[] = ['PASSED', 'FAILED', 'NOT_LOADED', 'NOT_RUN', 'PENDING'];
const inputs: fc.Arbitrary<RankingInput> = fc.integer({ min: 0, max: 6 }).chain((count) => {
  const ids = ['a', 'b', 'c', 'd', 'e', 'f'].slice(0, count);
  const attempts = fc.tuple(
    ...ids.map((id) =>
      fc.record({
        gates: fc.constantFrom([], [], [RED]),
        solution: fc.constantFrom('s', 't', id),
        changedLines: fc.integer({ min: 1, max: 60 }),
        risks: fc.integer({ min: 0, max: 2 }),
        tokens: fc.constantFrom(0, 100, 200),
      }),
    ),
  );
  const tests = fc.array(
    fc.record({
      author: fc.constantFrom(...(ids.length === 0 ? ['z'] : ids)),
      base: fc.constantFrom(...OUTCOMES),
      results: fc.array(fc.constantFrom(...OUTCOMES), { minLength: count, maxLength: count }),
    }),
    { maxLength: 8 },
  );
  return fc.record({ attempts, tests, hasChecks: fc.boolean(), isOpen: fc.boolean() }).map((input) => ({
    ...input,
    attempts: input.attempts.map((fields, at) => attempt(ids[at] ?? '', fields)),
    tests: input.tests.map(({ author, base, results }, at) => ({
      author,
      path: `t${String(at)}`,
      base,
      results: new Map(ids.map((id, index) => [id, results[index] ?? 'PENDING'])),
    })),
  }));
});

describe('whatever the evidence is, the ranking', () => {
  it('does not depend on the order of the input', () => {
    fc.assert(
      fc.property(inputs, fc.infiniteStream(fc.nat()), (input, random) => {
        const keys = new Map<object, number>();
        const keyOf = (item: object): number => {
          if (!keys.has(item)) keys.set(item, random.next().value as number);
          return keys.get(item) ?? 0;
        };
        const shuffled = <T extends object>(items: readonly T[]): T[] => [...items].sort((a, b) => keyOf(a) - keyOf(b));
        const tests = shuffled(input.tests).map((facts) => ({
          ...facts,
          results: new Map([...facts.results].reverse()),
        }));
        const mixed = rankAttempts({ ...input, attempts: shuffled(input.attempts), tests });
        const plain = rankAttempts(input);
        const told = (verdict: typeof plain) => ({
          ...verdict,
          tests: verdict.tests.map(({ path, votes }) => [path, votes]),
        });
        expect(told(mixed)).toEqual(told(plain));
      }),
    );
  });

  it('ranks each attempt once, those that fail a gate never, and the best from 1', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const { order, best, outcome } = rankAttempts(input);
        expect(order.map(({ attemptId }) => attemptId).sort()).toEqual(
          input.attempts.map(({ attemptId }) => attemptId).sort(),
        );
        const gated = new Set(input.attempts.filter(({ gates }) => gates.length > 0).map(({ attemptId }) => attemptId));
        for (const { attemptId, rank: place } of order) expect(place === 0).toBe(gated.has(attemptId));
        for (const id of best) expect(order.find(({ attemptId }) => attemptId === id)?.rank).toBe(1);
        expect(best.length).toBe({ WINNER: 1, NO_WINNER: 0, TIE: Math.max(2, best.length) }[outcome]);
        const places = order.map(({ rank: place }) => place).filter((place) => place > 0);
        expect(places).toEqual([...places].sort((a, b) => a - b));
      }),
    );
  });

  it('is not moved by what is said of, or by, an attempt that fails a gate', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const gated = new Set(input.attempts.filter(({ gates }) => gates.length > 0).map(({ attemptId }) => attemptId));
        const without = rankAttempts({
          ...input,
          attempts: input.attempts.filter(({ gates }) => gates.length === 0),
          tests: input.tests.filter(({ author }) => !gated.has(author)),
        });
        const whole = rankAttempts(input);
        expect(whole.order.filter(({ rank: place }) => place > 0)).toEqual(without.order);
        expect([whole.outcome, whole.best]).toEqual([without.outcome, without.best]);
      }),
    );
  });
});

describe('judgeGates', () => {
  const change = {
    partial: false,
    empty: false,
    holdsSecret: false,
    conflictPaths: [],
    forbidden: [],
    deletedTests: [],
    skippedTests: [],
    changedTests: [] as string[],
  };
  const facts = (id: string, fields: Partial<GateFacts> = {}): GateFacts => ({
    attemptId: id,
    isCompleted: true,
    statusDetail: '',
    missingChecks: [],
    change,
    ...fields,
  });
  const reasons = (list: readonly GateFacts[]) =>
    Object.fromEntries([...judgeGates(list)].map(([id, gates]) => [id, gates.map(({ reason }) => reason)]));

  it('tells everything that is against an attempt', () => {
    const bad = {
      ...change,
      partial: true,
      holdsSecret: true,
      conflictPaths: ['b', 'a'],
      forbidden: ['c'],
      deletedTests: ['t'],
      skippedTests: ['u'],
    };
    const gates = judgeGates([
      facts('a', { isCompleted: false, statusDetail: 'TIME_LIMIT', missingChecks: ['unit (FAILED)'], change: bad }),
    ]).get('a');
    expect(gates?.map(({ reason }) => reason)).toEqual([
      'ATTEMPT_NOT_COMPLETED',
      'CHANGE_PARTIAL',
      'SECRET_IN_CHANGE',
      'CHECKS_NOT_GREEN',
      'CONFLICT',
      'FORBIDDEN_PATH',
      'TEST_DELETED',
      'TEST_SKIPPED',
    ]);
    expect(gates?.find(({ reason }) => reason === 'CONFLICT')?.paths).toEqual(['a', 'b']);
    expect(reasons([facts('a'), facts('b', { change: { ...change, empty: true } })])).toEqual({
      a: [],
      b: ['CHANGE_EMPTY'],
    });
  });

  it('holds a changed test against those whose siblings pass with it as it was', () => {
    const changed = (...paths: string[]) => ({ change: { ...change, changedTests: paths } });
    expect(reasons([facts('a', changed('t')), facts('b')])).toEqual({ a: ['TEST_CHANGED'], b: [] });
    expect(reasons([facts('a', changed('t')), facts('b', changed('t'))])).toEqual({ a: [], b: [] });
    expect(reasons([facts('a', changed('t', 'u')), facts('b', changed('t'))])).toEqual({ a: ['TEST_CHANGED'], b: [] });
    expect(reasons([facts('a', changed('t')), facts('b', { missingChecks: ['unit'] })])).toEqual({
      a: [],
      b: ['CHECKS_NOT_GREEN'],
    });
  });
});

describe('wilsonInterval', () => {
  it('is wide for few and narrow for many', () => {
    expect(wilsonInterval(0, 0)).toEqual({ low: 0, high: 1 });
    const few = wilsonInterval(8, 10);
    expect([few.low.toFixed(3), few.high.toFixed(3)]).toEqual(['0.490', '0.943']);
    const many = wilsonInterval(800, 1_000);
    expect([many.low.toFixed(3), many.high.toFixed(3)]).toEqual(['0.774', '0.824']);
  });
});
