import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('repositories')
export class RepositoryEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') name!: string;
  @Column('text') url!: string;
  /** Of kind GIT: what its remote and its forge are shown. */
  @Column('uuid', { name: 'credential_id', nullable: true }) credentialId!: string | null;
  @Column('text') state!: 'SYNCING' | 'ACTIVE' | 'FAILED';
  @Column('text', { name: 'default_branch', nullable: true }) defaultBranch!: string | null;
  @Column('uuid', { name: 'default_environment_id' }) defaultEnvironmentId!: string;
  @Column('text', { name: 'status_detail' }) statusDetail!: string;
  @Column('text', { name: 'status_message' }) statusMessage!: string;
  @Column('timestamptz', { name: 'create_time' }) createTime!: Date;
  @Column('timestamptz', { name: 'sync_time', nullable: true }) syncTime!: Date | null;
  @Column('bigint') revision!: string;
}
