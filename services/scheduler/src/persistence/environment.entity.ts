import type { AgentSpec, Check, SandboxLimits } from '@heddle/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('environments')
export class EnvironmentEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') name!: string;
  @Column('int', { name: 'latest_version' }) latestVersion!: number;
  @Column('bigint') revision!: string;
  @Column('timestamptz', { name: 'create_time' }) createTime!: Date;
}

/** One immutable version of an environment. */
@Entity('environment_versions')
export class EnvironmentVersionEntity {
  @PrimaryColumn('uuid', { name: 'environment_id' }) environmentId!: string;
  @PrimaryColumn('int') version!: number;
  @Column('jsonb') variables!: Record<string, string>;
  @Column('jsonb', { nullable: true }) limits!: SandboxLimits | null;
  @Column('jsonb') checks!: Check[];
  @Column('jsonb', { nullable: true }) agent!: AgentSpec | null;
  @Column('timestamptz', { name: 'create_time' }) createTime!: Date;
}
