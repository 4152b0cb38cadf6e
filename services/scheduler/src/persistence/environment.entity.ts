import type {
  AgentSpec,
  Check,
  Duration,
  EnvironmentSetup,
  NetworkPolicy,
  RootFilesystem,
  SandboxLimits,
} from '@heddle/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('environments')
export class EnvironmentEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') name!: string;
  @Column('int', { name: 'latest_version' }) latestVersion!: number;
  @Column('bigint') revision!: string;
  /** Part of the key of its set-up layers: higher means that none made so far is used again. */
  @Column('bigint', { name: 'cache_epoch' }) cacheEpoch!: string;
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
  @Column('jsonb', { nullable: true }) setup!: EnvironmentSetup | null;
  @Column('text') maintenance!: string;
  @Column('jsonb', { nullable: true }) network!: NetworkPolicy | null;
  @Column('jsonb', { nullable: true }) rootfs!: RootFilesystem | null;
  @Column('text') driver!: string;
  @Column('jsonb', { name: 'keep_duration', nullable: true }) keepDuration!: Duration | null;
  @Column('jsonb', { name: 'test_files' }) testFiles!: string[];
  @Column('jsonb', { name: 'test_command' }) testCommand!: string[];
  @Column('jsonb', { name: 'test_load_command' }) testLoadCommand!: string[];
  @Column('jsonb', { name: 'forbidden_paths' }) forbiddenPaths!: string[];
  @Column('boolean', { name: 'tell_overlaps' }) tellOverlaps!: boolean;
  @Column('timestamptz', { name: 'create_time' }) createTime!: Date;
}
