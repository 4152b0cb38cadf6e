import type { CreateRepositoryRequest } from '@heddle/contracts';
import { fieldInvalid, isForgeProvider, pathAtForge } from '@heddle/domain';
import { isId } from '@heddle/platform/ids';
import type { EntityManager } from 'typeorm';
import { CredentialEntity } from '../persistence/credential.entity.js';

/**
 * The credential that a repository is to have; undefined where it names none.
 * @throws HeddleError FIELD_INVALID where there is none such, or where the repository is not at its forge
 */
export async function gitCredentialOf(
  manager: EntityManager,
  { credentialId: text, url }: Pick<CreateRepositoryRequest, 'credentialId' | 'url'>,
): Promise<CredentialEntity | undefined> {
  if (text === '') return undefined;
  const row = await manager.findOneBy(CredentialEntity, isId(text) ? { id: text } : { name: text });
  if (row === null)
    throw refused(
      'CREDENTIAL_NOT_FOUND: there is no credential with this id or name; an operator makes it: heddle admin credentials create NAME --kind git --provider PROVIDER --from-file FILE',
    );
  if (row.kind !== 'GIT' || !isForgeProvider(row.provider))
    throw refused('is of a model: repositories have credentials of kind GIT');
  if (pathAtForge(row.provider, row.baseUrl, url) === undefined)
    throw refused(`is for repositories below ${row.baseUrl}, by http or https as it says`);
  return row;
}

function refused(description: string): ReturnType<typeof fieldInvalid> {
  return fieldInvalid([{ field: 'credential_id', description }]);
}
