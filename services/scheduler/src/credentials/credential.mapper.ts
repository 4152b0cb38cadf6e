import { Credential, Credential_Kind } from '@heddle/contracts';
import { toCanonicalJson } from '@heddle/contracts/json';
import type { NewEvent } from '@heddle/platform/outbox';
import type { CredentialEntity } from '../persistence/credential.entity.js';

/** Without the value, which no answer of the API has. */
export function toCredential(row: CredentialEntity): Credential {
  const { cooldownEndTime } = row;
  return {
    id: row.id,
    name: row.name,
    kind: Credential_Kind[row.kind],
    provider: row.provider,
    baseUrl: row.baseUrl,
    value: undefined,
    maxConcurrentAttempts: row.maxConcurrentAttempts,
    createTime: row.createTime,
    updateTime: row.updateTime,
    etag: row.revision,
    cooldownEndTime: cooldownEndTime !== null && cooldownEndTime > new Date() ? cooldownEndTime : undefined,
    revision: row.revision,
  };
}

/** Viewers read events; where a credential goes is for operators. */
export function credentialEvent(row: CredentialEntity, what: 'created' | 'updated' | 'deleted'): NewEvent {
  return {
    aggregate: 'credential',
    id: row.id,
    version: row.revision,
    type: `credential.${what}`,
    data: toCanonicalJson('heddle.v1.Credential', Credential, { ...toCredential(row), baseUrl: '' }),
  };
}
