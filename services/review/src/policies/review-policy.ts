import { ReviewPolicy } from '@heddle/contracts';
import { MINUTES_PER_DAY } from '@heddle/domain';
import type { EntityManager } from 'typeorm';
import { ReviewPolicyEntity } from './review-policy.entity.js';

/** The settings of a policy, without when it was set. */
export type ReviewPolicyFacts = Omit<ReviewPolicyEntity, 'repositoryId' | 'updateTime' | 'revision'>;

export const DEFAULT_POLICY: ReviewPolicyFacts = {
  requiredApprovals: 1,
  selfApproval: true,
  codeOwners: true,
  ownerPrincipals: [],
  requireCriteria: false,
  reviewers: [],
  backlogLimitMinutes: 0,
  overlapTests: 0,
  regeneration: [],
};

export async function policyOf(manager: EntityManager, repositoryId: string): Promise<ReviewPolicyFacts> {
  return (await manager.findOneBy(ReviewPolicyEntity, { repositoryId })) ?? DEFAULT_POLICY;
}

/** Minutes a day of all reviewers; of a repository that names none, one person's. */
export function capacityOf({ reviewers }: Pick<ReviewPolicyFacts, 'reviewers'>): number {
  if (reviewers.length === 0) return MINUTES_PER_DAY;
  return reviewers.reduce((total, { minutesPerDay }) => total + minutesPerDay, 0);
}

/** `row` null: it was never set. */
export function toReviewPolicy(repositoryId: string, row: ReviewPolicyEntity | null): ReviewPolicy {
  const facts = row ?? DEFAULT_POLICY;
  return ReviewPolicy.fromPartial({
    repositoryId,
    requiredApprovals: facts.requiredApprovals,
    selfApproval: facts.selfApproval,
    codeOwners: facts.codeOwners,
    ownerPrincipals: facts.ownerPrincipals.map(({ owner, principals }) => ({ owner, principals: [...principals] })),
    requireCriteria: facts.requireCriteria,
    reviewers: facts.reviewers,
    backlogLimitMinutes: facts.backlogLimitMinutes,
    overlapTests: facts.overlapTests,
    regeneration: facts.regeneration.map(({ paths, command }) => ({ paths: [...paths], command: [...command] })),
    updateTime: row?.updateTime,
    etag: row?.revision ?? '0',
  });
}
