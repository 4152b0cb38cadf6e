import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A value, sealed; see `secrets/secret-envelope.ts`. */
@Entity('environment_secrets')
export class EnvironmentSecretEntity {
  @PrimaryColumn('uuid', { name: 'environment_id' }) environmentId!: string;
  @PrimaryColumn('text') name!: string;
  @Column('text') kind!: 'SETUP' | 'EGRESS';
  @Column('jsonb') hosts!: string[];
  @Column('jsonb') methods!: string[];
  @Column('text', { name: 'path_prefix' }) pathPrefix!: string;
  @Column('text') header!: string;
  @Column('text') format!: string;
  /** Of the key that wraps the secret's own. */
  @Column('text', { name: 'key_id' }) keyId!: string;
  @Column('bytea', { name: 'wrapped_key' }) wrappedKey!: Buffer;
  @Column('bytea') nonce!: Buffer;
  @Column('bytea') tag!: Buffer;
  @Column('bytea') ciphertext!: Buffer;
  @Column('timestamptz', { name: 'create_time' }) createTime!: Date;
  @Column('timestamptz', { name: 'update_time' }) updateTime!: Date;
}
