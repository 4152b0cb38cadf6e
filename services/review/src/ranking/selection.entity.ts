import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A person's pick among the attempts of a task, with what the ranking said then. The last of a task holds. */
@Entity('selections')
export class SelectionEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid', { name: 'task_id' }) taskId!: string;
  @Column('uuid', { name: 'repository_id' }) repositoryId!: string;
  @Column('uuid', { name: 'attempt_id' }) attemptId!: string;
  /** Empty: the attempt had no change. */
  @Column('text', { name: 'head_commit' }) headCommit!: string;
  @Column('text') principal!: string;
  @Column('text') comment!: string;
  /** 0: it was not ranked. */
  @Column('int') rank!: number;
  @Column('text') outcome!: 'WINNER' | 'TIE' | 'NO_WINNER';
  @Column('timestamptz', { name: 'select_time' }) selectTime!: Date;
}
