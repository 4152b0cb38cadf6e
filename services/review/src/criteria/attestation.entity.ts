import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('attestations')
export class AttestationEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid', { name: 'change_id' }) changeId!: string;
  @Column('text', { name: 'criterion_id' }) criterionId!: string;
  @Column('text', { name: 'tree_id' }) treeId!: string;
  @Column('boolean') met!: boolean;
  @Column('text') comment!: string;
  @Column('text') principal!: string;
  @Column('timestamptz', { name: 'create_time' }) createTime!: Date;
}
