import { Inject, Injectable } from '@nestjs/common';
import {
  EnvironmentSecret_Kind,
  type DeleteEnvironmentSecretRequest,
  type EnvironmentSecret,
  type SetEnvironmentSecretRequest,
} from '@heddle/contracts';
import { HeddleError } from '@heddle/domain';
import { DataSource, type EntityManager } from 'typeorm';
import { findEnvironment, lockEnvironment, saveEnvironment } from '../environments/environment-rows.js';
import { EnvironmentSecretEntity } from '../persistence/environment-secret.entity.js';
import { KEY_PROVIDER } from '../shared/tokens.js';
import { makeFirstKey } from './first-key.js';
import type { KeyProvider } from './key-provider.js';
import { sealSecret, type SecretHeader } from './secret-envelope.js';
import { toSecret } from './secret.mapper.js';
import { refuseInvalidSecret } from './secret-violations.js';

const MAX_SECRETS = 100;

/** The secrets of an environment, for people: set, named, removed, never shown. */
@Injectable()
export class SecretService {
  constructor(
    private readonly dataSource: DataSource,
    @Inject(KEY_PROVIDER) private readonly keys: KeyProvider,
  ) {}

  set(request: SetEnvironmentSecretRequest): Promise<EnvironmentSecret> {
    refuseInvalidSecret(request);
    const { environmentId, name, hosts, methods, pathPrefix, header, format } = request;
    return this.dataSource.transaction(async (manager) => {
      const environment = await lockEnvironment(manager, environmentId);
      // A rotation must not miss a secret that is sealed by the key before it: it waits for this, and this for it.
      await manager.query('LOCK TABLE environment_secrets IN ROW EXCLUSIVE MODE');
      const before = await manager.findOneBy(EnvironmentSecretEntity, { environmentId, name });
      if (before === null) await this.refuseTooMany(manager, environmentId);
      await makeFirstKey(manager, this.keys);
      const kind = request.kind === EnvironmentSecret_Kind.SETUP ? 'SETUP' : 'EGRESS';
      const secret: SecretHeader = { environmentId, name, kind, hosts, methods, pathPrefix, header, format };
      const now = new Date();
      const row = manager.create(EnvironmentSecretEntity, {
        ...secret,
        ...(await sealSecret(this.keys, secret, request.value)),
        createTime: before?.createTime ?? now,
        updateTime: now,
      });
      await manager.save(EnvironmentSecretEntity, row);
      await saveEnvironment(manager, environment, 'secret_set');
      return toSecret(row);
    });
  }

  async list(environmentId: string): Promise<EnvironmentSecret[]> {
    const { manager } = this.dataSource;
    await findEnvironment(manager, environmentId, 0);
    const rows = await manager.find(EnvironmentSecretEntity, { where: { environmentId }, order: { name: 'ASC' } });
    return rows.map(toSecret);
  }

  /** @throws HeddleError SECRET_NOT_FOUND */
  async delete({ environmentId, name }: DeleteEnvironmentSecretRequest): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const environment = await lockEnvironment(manager, environmentId);
      const { affected } = await manager.delete(EnvironmentSecretEntity, { environmentId, name });
      if (affected === 0)
        throw new HeddleError('SECRET_NOT_FOUND', `The environment ${environmentId} has no secret ${name}`, {
          metadata: { environmentId, name },
        });
      await saveEnvironment(manager, environment, 'secret_deleted');
    });
  }

  private async refuseTooMany(manager: EntityManager, environmentId: string): Promise<void> {
    if ((await manager.countBy(EnvironmentSecretEntity, { environmentId })) < MAX_SECRETS) return;
    throw new HeddleError('QUOTA_EXCEEDED', `An environment has at most ${String(MAX_SECRETS)} secrets`, {
      metadata: { environmentId, maximum: String(MAX_SECRETS) },
    });
  }
}
