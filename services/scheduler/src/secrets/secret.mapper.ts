import { EnvironmentSecret_Kind, type EnvironmentSecret } from '@heddle/contracts';
import type { SandboxSecret } from '@heddle/contracts/internal';
import type { EnvironmentSecretEntity } from '../persistence/environment-secret.entity.js';

/** Without the value, which no answer of the API has. */
export function toSecret(row: EnvironmentSecretEntity): EnvironmentSecret {
  return {
    environmentId: row.environmentId,
    name: row.name,
    kind: EnvironmentSecret_Kind[row.kind],
    hosts: row.hosts,
    methods: row.methods,
    pathPrefix: row.pathPrefix,
    header: row.header,
    format: row.format,
    createTime: row.createTime,
    updateTime: row.updateTime,
  };
}

export function toSandboxSecret(row: EnvironmentSecretEntity, value: string): SandboxSecret {
  const { name, hosts, methods, pathPrefix, header, format } = row;
  return { kind: EnvironmentSecret_Kind[row.kind], name, value, hosts, methods, pathPrefix, header, format };
}
