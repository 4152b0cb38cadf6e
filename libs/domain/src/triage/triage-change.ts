import type { CriterionState } from '../acceptance/judge-criteria.js';
import type { DiffFacts } from './diff-facts.js';

export type TriageRoute = 'QUICK' | 'DEEP' | 'SPLIT_FIRST' | 'RETURN_TO_AGENT';

export type RiskReason =
  | 'MANY_LINES'
  | 'MANY_FILES'
  | 'SPREAD_OUT'
  | 'CRITICAL_PATH'
  | 'INTERFACE_CHANGED'
  | 'TESTS_CHANGED'
  | 'DEPENDENCY_CHANGED'
  | 'OVERLAPS'
  | 'NO_CHECKS'
  | 'CRITERIA_MET';

export interface TriageFacts {
  readonly diff: DiffFacts;
  readonly partial: boolean;
  readonly empty: boolean;
  readonly holdsSecret: boolean;
  /** Of the checks that count, on the change's tree. */
  readonly checks: 'NONE' | 'PENDING' | 'GREEN' | 'RED';
  readonly criteria: Readonly<Record<CriterionState, number>>;
  /** Other changes that it does not merge with. */
  readonly overlaps: number;
  /** Of the batch: 1 (first) to 5. */
  readonly priority: number;
  readonly waitingMs: number;
}

export interface WeighedReason {
  readonly reason: RiskReason;
  readonly message: string;
  /** What it adds to the log-odds. */
  readonly weight: number;
}

export interface TriageVerdict {
  /** Minutes of a reviewer, at least 3. */
  readonly effortMinutes: number;
  /** 0 to 1. */
  readonly risk: number;
  /** The three that weigh most, the heaviest first. */
  readonly reasons: readonly WeighedReason[];
  readonly route: TriageRoute;
  readonly routeReason: string;
  /** The greatest is reviewed first. */
  readonly priority: number;
}

/** Log-odds of a change of which nothing speaks for or against it. */
const BASE = -2.5;
/** Set by hand: to be fitted when there are outcomes to fit them to. */
const WEIGHTS: Readonly<Record<RiskReason, number>> = {
  MANY_LINES: 0.5,
  MANY_FILES: 0.3,
  SPREAD_OUT: 0.3,
  CRITICAL_PATH: 1,
  INTERFACE_CHANGED: 0.7,
  TESTS_CHANGED: 0.6,
  DEPENDENCY_CHANGED: 0.6,
  OVERLAPS: 0.4,
  NO_CHECKS: 0.8,
  CRITERIA_MET: -0.9,
};

const MINUTES_AT_LEAST = 3;
const LINES_A_MINUTE = 5;
const MINUTES_A_FILE = 2;
const QUICK_MINUTES = 10;
/** More than a sitting's worth. */
const SPLIT_LINES = 400;
/** After a day of waiting a change counts twice. */
const TARGET_MS = 24 * 3_600_000;

/** What a change asks of a reviewer. Depends on nothing but its argument. */
export function triageChange(facts: TriageFacts): TriageVerdict {
  const effortMinutes = effortOf(facts.diff);
  const weighed = weigh(facts);
  const logOdds = weighed.reduce((total, { weight }) => total + weight, BASE);
  const [route, routeReason] = routeOf(facts, effortMinutes);
  const value = 6 - Math.min(5, Math.max(1, facts.priority));
  const age = 1 + Math.max(0, facts.waitingMs) / TARGET_MS;
  return {
    effortMinutes,
    risk: 1 / (1 + Math.exp(-logOdds)),
    reasons: weighed
      .filter(({ weight }) => weight !== 0)
      .sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight) || (a.reason < b.reason ? -1 : 1))
      .slice(0, 3),
    route,
    routeReason,
    priority: (value * age) / effortMinutes,
  };
}

/** What a person can move on comes before what goes back to an agent; then by priority; equal ones by their ids. */
export function inTriageOrder<T extends { readonly id: string; readonly triage: TriageVerdict }>(
  changes: readonly T[],
): T[] {
  const returned = ({ triage }: T): number => Number(triage.route === 'RETURN_TO_AGENT');
  return [...changes].sort(
    (a, b) =>
      returned(a) - returned(b) || b.triage.priority - a.triage.priority || (a.id < b.id ? -1 : Number(a.id > b.id)),
  );
}

function effortOf({ lines, files }: DiffFacts): number {
  return Math.round(MINUTES_AT_LEAST + lines / LINES_A_MINUTE + MINUTES_A_FILE * files);
}

function weigh({ diff, checks, criteria, overlaps }: TriageFacts): WeighedReason[] {
  const reason = (name: RiskReason, amount: number, message: string): WeighedReason => ({
    reason: name,
    message,
    weight: WEIGHTS[name] * amount,
  });
  const allMet = criteria.MET > 0 && criteria.UNMET === 0 && criteria.UNPROVEN === 0;
  return [
    reason('MANY_LINES', Math.log(1 + diff.lines) / Math.log(100), `${String(diff.lines)} lines to read`),
    reason('MANY_FILES', Math.log(1 + diff.files) / Math.log(10), `${String(diff.files)} files`),
    reason('SPREAD_OUT', diff.spread / 2, 'spread over directories'),
    reason('CRITICAL_PATH', Number(diff.criticalPath !== ''), `touches ${diff.criticalPath}`),
    reason('INTERFACE_CHANGED', Number(diff.interfacePath !== ''), `changes the interface ${diff.interfacePath}`),
    reason('TESTS_CHANGED', Number(diff.editedTest !== ''), `edits the test ${diff.editedTest}`),
    reason('DEPENDENCY_CHANGED', Number(diff.dependencyPath !== ''), `changes dependencies in ${diff.dependencyPath}`),
    reason('OVERLAPS', Math.log2(1 + overlaps), `does not merge with ${String(overlaps)} other changes`),
    reason('NO_CHECKS', Number(checks === 'NONE' || checks === 'PENDING'), 'no check says anything yet'),
    reason('CRITERIA_MET', Number(allMet), 'each acceptance criterion is met'),
  ];
}

function routeOf(facts: TriageFacts, effort: number): readonly [TriageRoute, string] {
  const { diff, criteria } = facts;
  if (facts.empty) return ['RETURN_TO_AGENT', 'it is empty'];
  if (facts.partial) return ['RETURN_TO_AGENT', 'its turn did not end well'];
  if (facts.holdsSecret) return ['RETURN_TO_AGENT', 'it holds the value of a secret'];
  if (facts.checks === 'RED') return ['RETURN_TO_AGENT', 'its checks are red'];
  if (criteria.UNMET > 0) return ['RETURN_TO_AGENT', `${String(criteria.UNMET)} acceptance criteria are unmet`];
  if (diff.lines > SPLIT_LINES) return ['SPLIT_FIRST', `more than ${String(SPLIT_LINES)} lines to read`];
  if (diff.criticalPath !== '') return ['DEEP', `it touches ${diff.criticalPath}`];
  if (effort > QUICK_MINUTES) return ['DEEP', `more than ${String(QUICK_MINUTES)} minutes`];
  return ['QUICK', `at most ${String(QUICK_MINUTES)} minutes`];
}
