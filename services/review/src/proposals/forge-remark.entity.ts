import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What somebody said at a forge, once: as it was when it was read first. */
@Entity('forge_remarks')
export class ForgeRemarkEntity {
  @PrimaryColumn('uuid', { name: 'repository_id' }) repositoryId!: string;
  @PrimaryColumn('int', { name: 'request_number' }) requestNumber!: number;
  /** The forge's, unique within the request. */
  @PrimaryColumn('text', { name: 'forge_id' }) forgeId!: string;
  @Column('uuid', { name: 'landing_id' }) landingId!: string;
  @Column('uuid', { name: 'change_id' }) changeId!: string;
  @Column('text') principal!: string;
  /** What it became; null: its author may not push to the repository. */
  @Column('uuid', { name: 'comment_id', nullable: true }) commentId!: string | null;
  /** By which its agent was told; null: not yet. */
  @Column('uuid', { name: 'verdict_id', nullable: true }) verdictId!: string | null;
  @Column('timestamptz', { name: 'create_time' }) createTime!: Date;
}
