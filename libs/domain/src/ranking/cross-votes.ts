/** NOT_LOADED: it does not even load over this work; NOT_RUN: the platform could not say. */
export type CrossOutcome = 'PASSED' | 'FAILED' | 'NOT_LOADED' | 'NOT_RUN' | 'PENDING';

/** A test that an attempt wrote, over the work of the others. */
export interface CrossTestFacts {
  readonly author: string;
  readonly path: string;
  /** Over the task's base. */
  readonly base: CrossOutcome;
  /** By attempt. What the author's own says is ignored. */
  readonly results: ReadonlyMap<string, CrossOutcome>;
}

/** Attempts whose work is the same: what a test says of one of them it says of all. */
export interface Solution {
  readonly key: string;
  readonly attemptIds: readonly string[];
}

export interface JudgedTest extends CrossTestFacts {
  readonly votes: boolean;
  /** Why it has no vote, in words; empty: it has one. */
  readonly message: string;
  /** Some solution passes it and another one fails it; its author's own counts as passing. */
  readonly distinguishes: boolean;
}

export interface VoteCount {
  readonly votesFor: number;
  readonly votesAgainst: number;
  /** Votes against as a negative number, the tests of one author weighing one together; to six digits. */
  readonly score: number;
}

const DIGITS = 1e6;

/**
 * The voting rule: a test votes only if it fails on the base and passes on the work of somebody who isn't its author; on
 * its author's own it has no vote. Tests of authors that are in no solution are judged and don't vote.
 */
export function judgeTests(tests: readonly CrossTestFacts[], solutions: readonly Solution[]): readonly JudgedTest[] {
  return [...tests]
    .sort((a, b) => compare(a.author, b.author) || compare(a.path, b.path))
    .map((test) => ({ ...test, ...verdictOn(test, solutions) }));
}

/**
 * A vote for somebody is no more than that: who writes tests that others pass is not worse than they are.
 * @param tests as they were judged
 */
export function countVotes(tests: readonly JudgedTest[], solution: Solution): VoteCount {
  const perAuthor = new Map<string, number>();
  const voting = tests.filter(({ votes }) => votes);
  for (const { author } of voting) perAuthor.set(author, (perAuthor.get(author) ?? 0) + 1);
  let [votesFor, votesAgainst, score] = [0, 0, 0];
  for (const test of voting) {
    const outcome = outcomeOf(test, solution);
    if (outcome === 'PASSED') {
      votesFor += 1;
    } else if (outcome === 'FAILED') {
      votesAgainst += 1;
      score -= 1 / (perAuthor.get(test.author) ?? 1);
    }
  }
  return { votesFor, votesAgainst, score: Math.round(score * DIGITS) / DIGITS + 0 };
}

/** True where a test shows that two solutions behave differently. */
export function differ(tests: readonly JudgedTest[], a: Solution, b: Solution): boolean {
  return tests.some((test) => {
    const [one, other] = [shown(test, a), shown(test, b)];
    return (one === 'PASSED' && other === 'FAILED') || (one === 'FAILED' && other === 'PASSED');
  });
}

function verdictOn(
  test: CrossTestFacts,
  solutions: readonly Solution[],
): Pick<JudgedTest, 'votes' | 'message' | 'distinguishes'> {
  const outcomes = solutions.map((solution) => shown(test, solution));
  const distinguishes = outcomes.includes('PASSED') && outcomes.includes('FAILED');
  const message = whyNoVote(test, solutions);
  return { votes: message === '', message, distinguishes };
}

function whyNoVote(test: CrossTestFacts, solutions: readonly Solution[]): string {
  if (!solutions.some(({ attemptIds }) => attemptIds.includes(test.author)))
    return 'its author does not pass the gates';
  if (test.base === 'PENDING') return 'it has not run yet';
  if (test.base === 'NOT_RUN') return 'it could not be run over the base';
  if (test.base === 'PASSED') return 'it passes on the base: it tells nothing of the work';
  const outcomes = solutions
    .filter(({ attemptIds }) => attemptIds.some((id) => id !== test.author))
    .map((solution) => outcomeOf(test, solution));
  if (outcomes.includes('PASSED')) return '';
  if (outcomes.includes('PENDING')) return 'it has not run yet';
  return 'it passes on nobody else’s work';
}

/** What a test says of a solution, its author's own counting as passing where nobody else has the same. */
function shown(test: CrossTestFacts, solution: Solution): CrossOutcome {
  const outcome = outcomeOf(test, solution);
  return outcome === 'PENDING' && solution.attemptIds.includes(test.author) ? 'PASSED' : outcome;
}

const CERTAINTY: readonly CrossOutcome[] = ['FAILED', 'PASSED', 'NOT_LOADED', 'NOT_RUN'];

/** Without what it says of its author's; of the same work run twice the worse outcome counts. */
function outcomeOf(test: CrossTestFacts, { attemptIds }: Solution): CrossOutcome {
  const outcomes = attemptIds.filter((id) => id !== test.author).map((id) => test.results.get(id) ?? 'PENDING');
  return CERTAINTY.find((outcome) => outcomes.includes(outcome)) ?? 'PENDING';
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
