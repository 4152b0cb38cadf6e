import type { OverlapLevel } from '@heddle/domain';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { PairEvidence } from './judge-pair.js';

/** What two changes have in common, as computed for exactly these heads. `changeA` < `changeB`. */
@Entity('overlap_pairs')
export class OverlapPairEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid', { name: 'batch_id' }) batchId!: string;
  @Column('uuid', { name: 'change_a' }) changeA!: string;
  @Column('uuid', { name: 'change_b' }) changeB!: string;
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
  @Column('timestamptz', { name: 'compute_time' }) computeTime!: Date;
  @Column('bigint') revision!: string;
}
