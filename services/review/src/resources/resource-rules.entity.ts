import type { ResourceKind } from '@heddle/domain';
import { Column, Entity, PrimaryColumn } from 'typeorm';

export interface ResourceRuleFact {
  readonly glob: string;
  readonly kind: ResourceKind | 'NONE';
}

@Entity('resource_rules')
export class ResourceRulesEntity {
  @PrimaryColumn('uuid', { name: 'repository_id' }) repositoryId!: string;
  @Column('jsonb') rules!: ResourceRuleFact[];
  @Column('timestamptz', { name: 'update_time' }) updateTime!: Date;
  @Column('bigint') revision!: string;
}
