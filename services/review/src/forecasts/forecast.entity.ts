import type { AdvisedPair, OverlapLevel, PredictedFile } from '@heddle/domain';
import { Column, Entity, PrimaryColumn } from 'typeorm';

export interface ForecastTaskFacts {
  readonly title: string;
  readonly files: readonly PredictedFile[];
}

/** What the planned tasks were expected to touch. Prompts are not kept: what they came to is. */
@Entity('forecasts')
export class ForecastEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid', { name: 'repository_id' }) repositoryId!: string;
  @Column('text') ref!: string;
  @Column('text', { name: 'base_commit' }) baseCommit!: string;
  @Column('jsonb') tasks!: ForecastTaskFacts[];
  @Column('jsonb') pairs!: AdvisedPair[];
  @Column('boolean') complete!: boolean;
  @Column('text') principal!: string;
  /** The first batch launched with it; null until that is settled. */
  @Column('uuid', { name: 'batch_id', nullable: true }) batchId!: string | null;
  /** In the order of the pairs, what the changes of a batch that has ended have in common; null before. */
  @Column('jsonb', { name: 'settled_levels', nullable: true }) settledLevels!: (OverlapLevel | null)[] | null;
  @Column('timestamptz', { name: 'create_time' }) createTime!: Date;
}
