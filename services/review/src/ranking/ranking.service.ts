import { Injectable } from '@nestjs/common';
import type { Ranking } from '@heddle/contracts';
import { judgeGates, rankAttempts, type GateFailure } from '@heddle/domain';
import { CrossTestsService, type CrossPlan, type CrossResults } from './cross-tests.service.js';
import { tokensOf, toRanking, type JudgedSiblings } from './ranking.mapper.js';
import { SelectionRows } from './selection-rows.js';
import { SiblingsService, type Sibling, type Siblings } from './siblings.service.js';

const NOTHING: CrossResults = { tests: [], pending: 0 };

/** Ranks the attempts of a task by what is known at the moment: it keeps nothing, so that it is never out of date. */
@Injectable()
export class RankingService {
  constructor(
    private readonly siblings: SiblingsService,
    private readonly crossTests: CrossTestsService,
    private readonly selections: SelectionRows,
  ) {}

  /** @throws HeddleError TASK_NOT_FOUND */
  async get(taskId: string): Promise<Ranking> {
    const siblings = await this.siblings.of(taskId);
    const [judged, said] = await Promise.all([this.judge(siblings), this.selections.of(siblings.task)]);
    return toRanking(judged, said);
  }

  /** Asks for the runs of tests that the ranking needs, as soon as all attempts have ended. */
  async prepare(taskId: string): Promise<'PREPARED' | 'ATTEMPTS_OPEN'> {
    const siblings = await this.siblings.of(taskId);
    if (siblings.all.some(({ isOpen }) => isOpen)) return 'ATTEMPTS_OPEN';
    const { plan } = await this.gated(siblings);
    if (plan !== undefined) await this.crossTests.request(siblings, plan);
    return 'PREPARED';
  }

  private async judge(siblings: Siblings): Promise<JudgedSiblings> {
    const { target, gates, plan } = await this.gated(siblings);
    const results = plan === undefined ? NOTHING : await this.crossTests.results(plan);
    const open = siblings.all.filter(({ isOpen }) => isOpen).map(({ attempt }) => attempt.id);
    const verdict = rankAttempts({
      attempts: siblings.all
        .filter(({ isOpen }) => !isOpen)
        .map(({ attempt, work }) => ({
          attemptId: attempt.id,
          attemptNumber: attempt.attemptNumber,
          gates: gates.get(attempt.id) ?? [],
          solution: work?.solution ?? attempt.id,
          changedLines: work?.changedLines ?? 0,
          risks: work?.risks.length ?? 0,
          tokens: tokensOf(attempt),
        })),
      tests: results.tests,
      hasChecks: siblings.task.checks.some(({ advisory }) => !advisory),
      isOpen: open.length > 0 || results.pending > 0,
    });
    return {
      siblings,
      target,
      gates,
      verdict,
      open,
      pendingTrials: results.pending,
      crossTests: coverage(plan, siblings),
    };
  }

  private async gated(
    siblings: Siblings,
  ): Promise<Pick<JudgedSiblings, 'target' | 'gates'> & { plan: CrossPlan | undefined }> {
    const target = await this.siblings.target(siblings);
    const gates = judgeGates(await this.siblings.gateFacts(siblings, target));
    return { target, gates, plan: this.crossTests.plan(siblings, passingOf(siblings, gates)) };
  }
}

function passingOf({ all }: Siblings, gates: ReadonlyMap<string, readonly GateFailure[]>): Sibling[] {
  return all.filter(({ attempt }) => gates.get(attempt.id)?.length === 0);
}

function coverage(plan: CrossPlan | undefined, { policy }: Siblings): JudgedSiblings['crossTests'] {
  if (policy === undefined || plan?.isCut === false) return 'ALL';
  return plan === undefined ? 'UNAVAILABLE' : 'CUT';
}
