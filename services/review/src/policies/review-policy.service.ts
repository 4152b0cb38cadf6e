import { Injectable } from '@nestjs/common';
import type { ReviewPolicy, UpdateReviewPolicyRequest } from '@heddle/contracts';
import { fieldInvalid, HeddleError } from '@heddle/domain';
import { ChangeBell } from '@heddle/platform/waiting';
import { DataSource } from 'typeorm';
import { ReviewStates } from '../approvals/review-states.js';
import { GitStores } from '../git-store/git-stores.js';
import { withPolicyChanges } from './change-policy.js';
import { ReviewPolicyEntity } from './review-policy.entity.js';
import { DEFAULT_POLICY, toReviewPolicy } from './review-policy.js';

@Injectable()
export class ReviewPolicyService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly stores: GitStores,
    private readonly states: ReviewStates,
    private readonly bell: ChangeBell,
  ) {}

  /** @throws HeddleError REPOSITORY_NOT_FOUND */
  async get(repositoryId: string): Promise<ReviewPolicy> {
    const { id } = await this.stores.repository(repositoryId);
    return toReviewPolicy(id, await this.dataSource.manager.findOneBy(ReviewPolicyEntity, { repositoryId: id }));
  }

  /** @throws HeddleError REPOSITORY_NOT_FOUND, VERSION_CONFLICT, FIELD_INVALID */
  async update(request: UpdateReviewPolicyRequest): Promise<ReviewPolicy> {
    const wanted = request.reviewPolicy;
    if (wanted === undefined) throw fieldInvalid([{ field: 'review_policy', description: 'is required' }]);
    const { id: repositoryId } = await this.stores.repository(wanted.repositoryId);
    const { policy, changed } = await this.dataSource.transaction(async (manager) => {
      // The repository's row stands for the policy's while there is none: two that set the first one come one after the other.
      await manager.query('SELECT 1 FROM repositories WHERE id = $1 FOR NO KEY UPDATE', [repositoryId]);
      const row = await manager.findOneBy(ReviewPolicyEntity, { repositoryId });
      const revision = row?.revision ?? '0';
      if (wanted.etag !== '' && wanted.etag !== revision)
        throw new HeddleError('VERSION_CONFLICT', 'The policy was changed meanwhile; read it again and repeat', {
          metadata: { etag: revision },
        });
      const next = manager.create(ReviewPolicyEntity, {
        ...withPolicyChanges(row ?? DEFAULT_POLICY, wanted, request.updateMask),
        repositoryId,
        updateTime: new Date(),
        revision: String(BigInt(revision) + 1n),
      });
      await manager.save(ReviewPolicyEntity, next);
      return { policy: toReviewPolicy(repositoryId, next), changed: await this.states.judgeAll(manager, repositoryId) };
    });
    this.bell.ring(...changed);
    return policy;
  }
}
