import {
  Ranking,
  Ranking_Confidence,
  Ranking_CrossTest_State,
  Ranking_Outcome,
  type Ranking_Accuracy,
  type Ranking_Selection,
} from '@heddle/contracts';
import type { CrossOutcome, GateFailure, JudgedTest, RankingReason, RankingVerdict } from '@heddle/domain';
import type { Sibling, Siblings, Target } from './siblings.service.js';

export interface JudgedSiblings {
  readonly siblings: Siblings;
  readonly target: Target | undefined;
  /** By attempt. */
  readonly gates: ReadonlyMap<string, readonly GateFailure[]>;
  readonly verdict: RankingVerdict;
  readonly open: readonly string[];
  readonly pendingTrials: number;
  /** UNAVAILABLE: the environment does not say how a test is run; CUT: not all were run. */
  readonly crossTests: 'ALL' | 'UNAVAILABLE' | 'CUT';
}

export interface Selected {
  readonly selection: Ranking_Selection | undefined;
  readonly accuracy: Ranking_Accuracy;
}

const REASONS: Readonly<Record<RankingReason, string>> = {
  NONE_PASSES: 'No attempt passes all gates.',
  ONLY_ONE_PASSES: 'It is the only one that passes all gates.',
  SAME_SOLUTION: 'These made the same, apart from white space and tests.',
  TESTS_AGREE: 'Tests that others wrote speak against the others.',
  MORE_AGREE: 'More attempts came to this solution than to any other.',
  SMALLER_CHANGE: 'With evidence that is equal it is much smaller.',
  LOWER_RISK: 'With evidence that is equal it touches less that asks for care.',
  EQUAL_EVIDENCE: 'These are equal as far as the evidence goes.',
  SIBLINGS_DISAGREE: 'They behave differently, and nothing says which is right: see the tests that tell them apart.',
  NO_CHECKS: 'The task has no check that counts: nothing proves that any of them works.',
};

const STATES: Readonly<Record<CrossOutcome, Ranking_CrossTest_State>> = {
  PASSED: Ranking_CrossTest_State.PASSED,
  FAILED: Ranking_CrossTest_State.FAILED,
  NOT_LOADED: Ranking_CrossTest_State.NOT_APPLICABLE,
  NOT_RUN: Ranking_CrossTest_State.NOT_APPLICABLE,
  PENDING: Ranking_CrossTest_State.PENDING,
};

export function toRanking(judged: JudgedSiblings, { selection, accuracy }: Selected): Ranking {
  const { siblings, target, verdict, open, pendingTrials } = judged;
  const byId = new Map(siblings.all.map((sibling) => [sibling.attempt.id, sibling]));
  return Ranking.fromPartial({
    taskId: siblings.task.id,
    outcome: Ranking_Outcome[verdict.outcome],
    confidence: Ranking_Confidence[verdict.confidence],
    bestAttemptIds: [...verdict.best],
    reasons: [
      ...verdict.reasons.map(({ code, attemptIds }) => ({ code, message: REASONS[code], attemptIds: [...attemptIds] })),
      ...openReasons(judged),
    ],
    candidates: verdict.order.map((result) => ({
      ...toCandidate(byId.get(result.attemptId), judged),
      ...result,
    })),
    tests: verdict.tests.map(toCrossTest),
    openAttemptIds: [...open],
    pendingTrials,
    targetCommit: target?.commit,
    targetBranch: target?.branch ?? '',
    selection,
    accuracy,
    computeTime: new Date(),
  });
}

function toCandidate(sibling: Sibling | undefined, { gates }: JudgedSiblings) {
  if (sibling === undefined) return {};
  const { attempt, change, work } = sibling;
  const failed = gates.get(attempt.id) ?? [];
  return {
    attemptNumber: attempt.attemptNumber,
    variant: attempt.variant,
    changeId: change?.id ?? '',
    headCommit: change?.headCommit ?? '',
    gates: failed.map(({ reason, message, paths }) => ({ reason, message, paths: [...paths] })),
    solution: failed.length > 0 ? '' : (work?.solution ?? ''),
    changedLines: work?.changedLines ?? 0,
    changedFiles: change?.fileCount ?? 0,
    tokens: String(tokensOf(attempt)),
    risks: [...(work?.risks ?? [])],
  };
}

function toCrossTest(test: JudgedTest) {
  return {
    authorAttemptId: test.author,
    path: test.path,
    votes: test.votes,
    message: test.message,
    distinguishes: test.distinguishes,
    results: [['', test.base] as const, ...test.results].map(([attemptId, outcome]) => ({
      attemptId,
      state: STATES[outcome],
    })),
  };
}

function openReasons({ open, pendingTrials, crossTests, siblings }: JudgedSiblings) {
  const reasons: { code: string; message: string; attemptIds: string[] }[] = [];
  if (open.length > 0)
    reasons.push({ code: 'ATTEMPTS_OPEN', message: 'Not all attempts have ended.', attemptIds: [...open] });
  if (pendingTrials > 0)
    reasons.push({
      code: 'TRIALS_PENDING',
      message: `${String(pendingTrials)} runs of tests over each other's work are still to end.`,
      attemptIds: [],
    });
  if (siblings.all.length > 1 && crossTests === 'UNAVAILABLE')
    reasons.push({
      code: 'CROSS_TESTS_UNAVAILABLE',
      message:
        'The environment has no testFiles and no testCommand: tests of the attempts were not run over each other.',
      attemptIds: [],
    });
  if (crossTests === 'CUT')
    reasons.push({
      code: 'CROSS_TESTS_CUT',
      message: 'There are more pairs than may be run (HEDDLE_RANKING_TRIALS): not all tests were run.',
      attemptIds: [],
    });
  return reasons;
}

/** 0: its agent does not tell. */
export function tokensOf({ modelUsage }: Sibling['attempt']): number {
  return Number(modelUsage?.inputTokens ?? 0) + Number(modelUsage?.outputTokens ?? 0);
}
