import type { EntityManager } from 'typeorm';
import { CredentialEntity } from '../persistence/credential.entity.js';
import { EnvironmentSecretEntity } from '../persistence/environment-secret.entity.js';
import type { KeyProvider } from './key-provider.js';

/** Only where nothing is sealed yet: a file that was lost, or is not mounted, must not be replaced by another one. */
export async function makeFirstKey(manager: EntityManager, keys: KeyProvider): Promise<void> {
  if ((await keys.currentKeyId()) !== undefined) return;
  for (const entity of [EnvironmentSecretEntity, CredentialEntity]) if (await manager.exists(entity)) return;
  await keys.makeCurrent();
}
