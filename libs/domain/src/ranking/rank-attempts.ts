import { countVotes, differ, judgeTests, type CrossTestFacts, type JudgedTest, type Solution } from './cross-votes.js';
import type { GateFailure } from './gates.js';

/** An attempt that has ended, with what ranks it. */
export interface RankedAttempt {
  readonly attemptId: string;
  readonly attemptNumber: number;
  /** Those that it does not pass: none ranks it. */
  readonly gates: readonly GateFailure[];
  /** Equal for attempts whose work is the same. */
  readonly solution: string;
  readonly changedLines: number;
  /** How much of it asks for a careful look. */
  readonly risks: number;
  /** 0: not known. */
  readonly tokens: number;
}

export interface RankingInput {
  readonly attempts: readonly RankedAttempt[];
  readonly tests: readonly CrossTestFacts[];
  /** There are checks that are not advisory. */
  readonly hasChecks: boolean;
  /** Something is still to come: attempts, or runs of tests. */
  readonly isOpen: boolean;
}

export type RankingReason =
  | 'NONE_PASSES'
  | 'ONLY_ONE_PASSES'
  | 'SAME_SOLUTION'
  | 'TESTS_AGREE'
  | 'MORE_AGREE'
  | 'SMALLER_CHANGE'
  | 'LOWER_RISK'
  | 'EQUAL_EVIDENCE'
  | 'SIBLINGS_DISAGREE'
  | 'NO_CHECKS';

export interface RankingVerdict {
  readonly outcome: 'WINNER' | 'TIE' | 'NO_WINNER';
  readonly confidence: 'LOW' | 'HIGH';
  /** The winner, or those that are equal; none without either. */
  readonly best: readonly string[];
  readonly reasons: readonly { readonly code: RankingReason; readonly attemptIds: readonly string[] }[];
  /** The best first; those that pass not every gate last, with rank 0. */
  readonly order: readonly RankedResult[];
  readonly tests: readonly JudgedTest[];
}

export interface RankedResult {
  readonly attemptId: string;
  /** From 1; equal ones share it. */
  readonly rank: number;
  readonly votesFor: number;
  readonly votesAgainst: number;
  readonly score: number;
}

interface Candidate extends Solution {
  readonly members: readonly RankedAttempt[];
  readonly votesFor: number;
  readonly votesAgainst: number;
  readonly score: number;
  readonly lines: number;
  readonly risks: number;
}

/** About the same size: a third of a change more, or a few lines. */
const SAME_SIZE = { factor: 1.5, lines: 10 };

/**
 * Ranks the attempts of one task. Gates decide first and are beaten by nothing; then the votes of the siblings' tests, then
 * how many made the same, then size and risk. What an attempt has cost orders equals and decides nothing. The answer does
 * not depend on the order of anything in the input.
 */
export function rankAttempts({ attempts, tests, hasChecks, isOpen }: RankingInput): RankingVerdict {
  const passing = attempts.filter(({ gates }) => gates.length === 0);
  const solutions = solutionsOf(passing);
  const judged = judgeTests(tests, solutions);
  const candidates = solutions.map((solution) => candidate(solution, passing, judged));
  // What those write that fail a gate is shown and moves nobody.
  const ofCandidates = judged.filter(({ author }) => passing.some(({ attemptId }) => attemptId === author));
  const placed = place(candidates, ofCandidates);
  const gated = attempts.filter(({ gates }) => gates.length > 0).sort(cheaper);
  const first = placed[0];
  const verdict = first === undefined ? NONE : answer(first, candidates, attempts.length, hasChecks);
  return {
    ...verdict,
    confidence: isOpen ? 'LOW' : verdict.confidence,
    reasons: hasChecks ? verdict.reasons : [...verdict.reasons, { code: 'NO_CHECKS', attemptIds: [] }],
    order: [
      ...placed.flatMap(({ rank, set }) => set.flatMap((each) => results(each, rank))).sort(byRank(attempts)),
      ...gated.map(({ attemptId }) => ({ attemptId, rank: 0, votesFor: 0, votesAgainst: 0, score: 0 })),
    ],
    tests: judged,
  };
}

const NONE = {
  outcome: 'NO_WINNER',
  confidence: 'LOW',
  best: [],
  reasons: [{ code: 'NONE_PASSES', attemptIds: [] }],
} as const;

/** Candidates that are equal, and why they are before all others. */
interface Placed {
  readonly rank: number;
  readonly set: readonly Candidate[];
  readonly why: readonly RankingReason[];
}

function place(candidates: readonly Candidate[], tests: readonly JudgedTest[]): Placed[] {
  const placed: Placed[] = [];
  let rest = candidates;
  let rank = 1;
  while (rest.length > 0) {
    const { set, why } = bestOf(rest, tests);
    placed.push({ rank, set, why });
    rank += set.reduce((sum, { attemptIds }) => sum + attemptIds.length, 0);
    const taken = new Set(set);
    rest = rest.filter((each) => !taken.has(each));
  }
  return placed;
}

function bestOf(candidates: readonly Candidate[], tests: readonly JudgedTest[]): Omit<Placed, 'rank'> {
  const why: RankingReason[] = [];
  let set = candidates;
  const keep = (reason: RankingReason, kept: readonly Candidate[]): void => {
    if (kept.length < set.length) why.push(reason);
    set = kept;
  };
  const most = Math.max(...set.map(({ score }) => score));
  keep(
    'TESTS_AGREE',
    set.filter(({ score }) => score === most),
  );
  const largest = Math.max(...set.map(({ attemptIds }) => attemptIds.length));
  keep(
    'MORE_AGREE',
    set.filter(({ attemptIds }) => attemptIds.length === largest),
  );
  const disagree = set.some((a) => set.some((b) => a.key < b.key && differ(tests, a, b)));
  // Which of them is right is no question of size.
  if (disagree) return { set, why: [...why, 'SIBLINGS_DISAGREE'] };
  const least = Math.min(...set.map(({ lines }) => lines));
  const limit = Math.max(least * SAME_SIZE.factor, least + SAME_SIZE.lines);
  keep(
    'SMALLER_CHANGE',
    set.filter(({ lines }) => lines <= limit),
  );
  const safest = Math.min(...set.map(({ risks }) => risks));
  keep(
    'LOWER_RISK',
    set.filter(({ risks }) => risks === safest),
  );
  return { set, why };
}

function answer(
  { set, why }: Placed,
  candidates: readonly Candidate[],
  attempts: number,
  hasChecks: boolean,
): Pick<RankingVerdict, 'outcome' | 'confidence' | 'best' | 'reasons'> {
  const best = set.flatMap(({ attemptIds }) => attemptIds).sort();
  const reasons = why.map((code) => ({ code, attemptIds: best }));
  if (why.includes('SIBLINGS_DISAGREE')) return { outcome: 'NO_WINNER', confidence: 'LOW', best: [], reasons };
  for (const { attemptIds } of set)
    if (attemptIds.length > 1) reasons.push({ code: 'SAME_SOLUTION', attemptIds: [...attemptIds] });
  if (set.length > 1) reasons.push({ code: 'EQUAL_EVIDENCE', attemptIds: best });
  const onlyOnes = candidates.length === set.length;
  if (onlyOnes && best.length === 1) reasons.push({ code: 'ONLY_ONE_PASSES', attemptIds: best });
  // Size and risk are hints and no evidence of what is right.
  const signals = [
    hasChecks && onlyOnes && attempts > best.length,
    why.includes('TESTS_AGREE') || set.every(({ votesFor, votesAgainst }) => votesFor > 0 && votesAgainst === 0),
    set.every(({ attemptIds }) => attemptIds.length > 1),
  ];
  return {
    outcome: best.length === 1 ? 'WINNER' : 'TIE',
    confidence: signals.filter(Boolean).length >= 2 ? 'HIGH' : 'LOW',
    best,
    reasons,
  };
}

function solutionsOf(attempts: readonly RankedAttempt[]): Solution[] {
  const byKey = new Map<string, string[]>();
  for (const { solution, attemptId } of attempts) byKey.set(solution, [...(byKey.get(solution) ?? []), attemptId]);
  return [...byKey].map(([key, ids]) => ({ key, attemptIds: ids.sort() })).sort((a, b) => (a.key < b.key ? -1 : 1));
}

function candidate(solution: Solution, attempts: readonly RankedAttempt[], tests: readonly JudgedTest[]): Candidate {
  const members = attempts.filter(({ attemptId }) => solution.attemptIds.includes(attemptId));
  return {
    ...solution,
    ...countVotes(tests, solution),
    members,
    lines: Math.min(...members.map(({ changedLines }) => changedLines)),
    risks: Math.min(...members.map(({ risks }) => risks)),
  };
}

function results({ members, votesFor, votesAgainst, score }: Candidate, rank: number): RankedResult[] {
  return members.map(({ attemptId }) => ({ attemptId, rank, votesFor, votesAgainst, score }));
}

function byRank(attempts: readonly RankedAttempt[]): (a: RankedResult, b: RankedResult) => number {
  const of = new Map(attempts.map((attempt) => [attempt.attemptId, attempt]));
  return (a, b) => {
    const [one, other] = [of.get(a.attemptId), of.get(b.attemptId)];
    return a.rank - b.rank || (one === undefined || other === undefined ? 0 : cheaper(one, other));
  };
}

/** Known costs first, the least of them first; then in the order in which the attempts were made. */
function cheaper(a: RankedAttempt, b: RankedAttempt): number {
  const cost = ({ tokens }: RankedAttempt): number => (tokens === 0 ? Number.MAX_SAFE_INTEGER : tokens);
  return cost(a) - cost(b) || a.attemptNumber - b.attemptNumber || (a.attemptId < b.attemptId ? -1 : 1);
}
