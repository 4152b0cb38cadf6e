import { Column, Entity, PrimaryColumn } from 'typeorm';

export interface OwnerPrincipalsFact {
  readonly owner: string;
  readonly principals: readonly string[];
}

export interface ReviewerFact {
  readonly principal: string;
  readonly minutesPerDay: number;
}

export interface RegenerationRule {
  /** Globs. */
  readonly paths: readonly string[];
  readonly command: readonly string[];
}

@Entity('review_policies')
export class ReviewPolicyEntity {
  @PrimaryColumn('uuid', { name: 'repository_id' }) repositoryId!: string;
  @Column('int', { name: 'required_approvals' }) requiredApprovals!: number;
  @Column('boolean', { name: 'self_approval' }) selfApproval!: boolean;
  @Column('boolean', { name: 'code_owners' }) codeOwners!: boolean;
  @Column('jsonb', { name: 'owner_principals' }) ownerPrincipals!: OwnerPrincipalsFact[];
  @Column('boolean', { name: 'require_criteria' }) requireCriteria!: boolean;
  @Column('jsonb') reviewers!: ReviewerFact[];
  @Column('int', { name: 'backlog_limit_minutes' }) backlogLimitMinutes!: number;
  @Column('int', { name: 'overlap_tests' }) overlapTests!: number;
  @Column('jsonb') regeneration!: RegenerationRule[];
  @Column('timestamptz', { name: 'update_time' }) updateTime!: Date;
  @Column('bigint') revision!: string;
}
