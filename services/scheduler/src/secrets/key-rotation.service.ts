import { Inject, Injectable } from '@nestjs/common';
import { RotateSecretKeysRequest, RotateSecretKeysResponse } from '@heddle/contracts';
import { answerOnce } from '@heddle/platform/outbox';
import { DataSource, type EntityManager } from 'typeorm';
import { rewrapCredential } from '../credentials/credential-envelope.js';
import { CredentialEntity } from '../persistence/credential.entity.js';
import { EnvironmentSecretEntity } from '../persistence/environment-secret.entity.js';
import { KEY_PROVIDER } from '../shared/tokens.js';
import type { KeyProvider } from './key-provider.js';
import { rewrapSecret } from './secret-envelope.js';

/** Puts the own key of every secret and every credential under a new one. Values are not touched, and what reads them goes on meanwhile. */
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
    const secrets = await manager.find(EnvironmentSecretEntity);
    const credentials = await manager.find(CredentialEntity);
    const sealed = [...secrets, ...credentials];
    const before = await this.keys.currentKeyId();
    const isEnding = sealed.some((row) => row.keyId !== before);
    const keyId = isEnding && before !== undefined ? before : await this.makeKey(sealed.length);
    const isStale = (row: { readonly keyId: string }): boolean => row.keyId !== keyId;
    for (const row of secrets.filter(isStale)) {
      const { environmentId, name } = row;
      await manager.update(EnvironmentSecretEntity, { environmentId, name }, await rewrapSecret(this.keys, row));
    }
    for (const row of credentials.filter(isStale))
      await manager.update(CredentialEntity, { id: row.id }, await rewrapCredential(this.keys, row));
    return { keyId, rewrappedSecrets: sealed.filter(isStale).length, removedKeys: 0 };
  }

  /** A file that was lost must not be replaced by one that opens nothing: then wrapping says that it is not there. */
  private async makeKey(sealed: number): Promise<string> {
    if (sealed > 0 && (await this.keys.currentKeyId()) === undefined) await this.keys.wrap(Buffer.alloc(0));
    return this.keys.makeCurrent();
  }

  /** Only after the commit: until then a crash leaves the secrets under the keys that they were under. */
  private forgetUnused(): Promise<number> {
    return this.dataSource.transaction(async (manager) => {
      await keepWritersOut(manager);
      const used: { key_id: string }[] = await manager.query(
        'SELECT key_id FROM environment_secrets UNION SELECT key_id FROM credentials',
      );
      return this.keys.forgetAllBut(new Set(used.map(({ key_id }) => key_id)));
    });
  }
}

/** Readers pass. */
async function keepWritersOut(manager: EntityManager): Promise<void> {
  await manager.query('LOCK TABLE environment_secrets, credentials IN SHARE ROW EXCLUSIVE MODE');
}
