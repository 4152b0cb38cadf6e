import { Inject, Injectable } from '@nestjs/common';
import { RotateSecretKeysRequest, RotateSecretKeysResponse } from '@heddle/contracts';
import { answerOnce } from '@heddle/platform/outbox';
import { DataSource, type EntityManager } from 'typeorm';
import { EnvironmentSecretEntity } from '../persistence/environment-secret.entity.js';
import { KEY_PROVIDER } from '../shared/tokens.js';
import type { KeyProvider } from './key-provider.js';
import { rewrapSecret } from './secret-envelope.js';

/** Puts every secret's own key under a new one. Values are not touched, and what reads them goes on meanwhile. */
@Injectable()
export class KeyRotationService {
  constructor(
    private readonly dataSource: DataSource,
    @Inject(KEY_PROVIDER) private readonly keys: KeyProvider,
  ) {}

  /**
   * Where secrets are under another than the current key, because a rotation was cut off or an operator put a key of his
   * own in front, it ends that; else it makes a new key first.
   * @throws HeddleError SECRET_UNREADABLE, SECRETS_KEY_UNAVAILABLE: nothing has changed then
   */
  async rotate(request: RotateSecretKeysRequest): Promise<RotateSecretKeysResponse> {
    const answer = await answerOnce(
      this.dataSource,
      {
        method: 'heddle.v1.EnvironmentService/RotateSecretKeys',
        requestId: request.requestId,
        request,
        requestCodec: RotateSecretKeysRequest,
        responseCodec: RotateSecretKeysResponse,
      },
      () => Promise.resolve(),
      (manager) => this.rewrapAll(manager),
    );
    return { ...answer, removedKeys: await this.forgetUnused() };
  }

  private async rewrapAll(manager: EntityManager): Promise<RotateSecretKeysResponse> {
    await keepWritersOut(manager);
    const rows = await manager.find(EnvironmentSecretEntity);
    const before = await this.keys.currentKeyId();
    const isEnding = rows.some((row) => row.keyId !== before);
    const keyId = isEnding && before !== undefined ? before : await this.makeKey(rows.length);
    const stale = rows.filter((row) => row.keyId !== keyId);
    for (const row of stale) {
      const { environmentId, name } = row;
      await manager.update(EnvironmentSecretEntity, { environmentId, name }, await rewrapSecret(this.keys, row));
    }
    return { keyId, rewrappedSecrets: stale.length, removedKeys: 0 };
  }

  /** A file that was lost must not be replaced by one that opens nothing: then wrapping says that it is not there. */
  private async makeKey(secrets: number): Promise<string> {
    if (secrets > 0 && (await this.keys.currentKeyId()) === undefined) await this.keys.wrap(Buffer.alloc(0));
    return this.keys.makeCurrent();
  }

  /** Only after the commit: until then a crash leaves the secrets under the keys that they were under. */
  private forgetUnused(): Promise<number> {
    return this.dataSource.transaction(async (manager) => {
      await keepWritersOut(manager);
      const used: { key_id: string }[] = await manager.query('SELECT DISTINCT key_id FROM environment_secrets');
      return this.keys.forgetAllBut(new Set(used.map(({ key_id }) => key_id)));
    });
  }
}

/** Readers pass. */
async function keepWritersOut(manager: EntityManager): Promise<void> {
  await manager.query('LOCK TABLE environment_secrets IN SHARE ROW EXCLUSIVE MODE');
}
