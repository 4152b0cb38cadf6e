import type { ObjectFormat } from '@heddle/git';
import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('repositories')
export class RepositoryEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') url!: string;
  /** Of kind GIT; null: the remote asks for none. */
  @Column('uuid', { name: 'credential_id', nullable: true }) credentialId!: string | null;
  @Column('text', { name: 'default_branch' }) defaultBranch!: string;
  @Column('text', { name: 'object_format' }) objectFormat!: ObjectFormat;
  @Column('timestamptz', { name: 'create_time' }) createTime!: Date;
  @Column('timestamptz', { name: 'sync_time' }) syncTime!: Date;
}
