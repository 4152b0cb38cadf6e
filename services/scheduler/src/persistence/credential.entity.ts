import type { ForgeProvider, ModelProvider } from '@heddle/domain';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What agents reach their models by, or review its remotes; the value is sealed, see `credentials/credential-envelope.ts`. */
@Entity('credentials')
export class CredentialEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') name!: string;
  @Column('text') kind!: 'MODEL' | 'GIT';
  @Column('text') provider!: ModelProvider | ForgeProvider;
  @Column('text', { name: 'base_url' }) baseUrl!: string;
  /** 0: no limit. */
  @Column('int', { name: 'max_concurrent_attempts' }) maxConcurrentAttempts!: number;
  @Column('text', { name: 'key_id' }) keyId!: string;
  @Column('bytea', { name: 'wrapped_key' }) wrappedKey!: Buffer;
  @Column('bytea') nonce!: Buffer;
  @Column('bytea') tag!: Buffer;
  @Column('bytea') ciphertext!: Buffer;
  /** No attempt that uses it begins before. */
  @Column({ type: 'timestamptz', name: 'cooldown_end_time', nullable: true, insert: false, update: false })
  cooldownEndTime!: Date | null;
  @Column('timestamptz', { name: 'create_time' }) createTime!: Date;
  @Column('timestamptz', { name: 'update_time' }) updateTime!: Date;
  @Column('bigint') revision!: string;
}
