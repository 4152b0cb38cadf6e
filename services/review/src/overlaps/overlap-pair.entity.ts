import type { OverlapLevel } from '@heddle/domain';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { PairEvidence } from './judge-pair.js';

/**
 * Whether the checks of both passed on both together: nobody asked, they are to run or do, all passed, some failed twice
 * that pass on each alone, or it can't be told.
 */
export type Together = 'NOT_ASKED' | 'RUNNING' | 'PASSED' | 'FAILED' | 'NOT_RUN';

/**
 * What two attempts have in common, as computed for exactly these heads: by their changes (`EXACT`, `changeA` < `changeB`), or while at
 * least one of them runs, by checkpoints (`LIVE`, `attemptA` < `attemptB`).
 */
@Entity('overlap_pairs')
export class OverlapPairEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid', { name: 'batch_id' }) batchId!: string;
  @Column('text') basis!: 'EXACT' | 'LIVE';
  /** Null where `LIVE`. */
  @Column('uuid', { name: 'change_a', nullable: true }) changeA!: string | null;
  @Column('uuid', { name: 'change_b', nullable: true }) changeB!: string | null;
  @Column('uuid', { name: 'attempt_a' }) attemptA!: string;
  @Column('uuid', { name: 'attempt_b' }) attemptB!: string;
  @Column('text', { name: 'head_a' }) headA!: string;
  @Column('text', { name: 'head_b' }) headB!: string;
  @Column('text') level!: OverlapLevel;
  /** Place of the level in the order of strength. */
  @Column('int') rank!: number;
  @Column('boolean') duplicate!: boolean;
  @Column('jsonb') paths!: string[];
  @Column('jsonb') evidence!: PairEvidence[];
  /** So many checkpoints in a row had nothing in common; only of `LIVE`. */
  @Column('int', { name: 'clean_checkpoints' }) cleanCheckpoints!: number;
  /** Of exactly these heads. */
  @Column('text') together!: Together;
  /** Of each run of the checks together its trials, one for each environment. */
  @Column('jsonb', { name: 'trial_ids' }) trialIds!: string[][];
  @Column('timestamptz', { name: 'compute_time' }) computeTime!: Date;
  @Column('bigint') revision!: string;
}
