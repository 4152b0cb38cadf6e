import type { ObjectFormat } from '@heddle/git';
import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('repositories')
export class RepositoryEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') url!: string;
  @Column('text', { name: 'default_branch' }) defaultBranch!: string;
  @Column('text', { name: 'object_format' }) objectFormat!: ObjectFormat;
  @Column('timestamptz', { name: 'create_time' }) createTime!: Date;
  @Column('timestamptz', { name: 'sync_time' }) syncTime!: Date;
}
