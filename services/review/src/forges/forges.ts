import { Injectable } from '@nestjs/common';
import { forgeApiUrl, HeddleError, isForgeProvider, pathAtForge, type ForgeProvider } from '@heddle/domain';
import { GitCredentials } from '../git-store/git-credentials.js';
import { GitStores } from '../git-store/git-stores.js';
import type { Forge } from './forge.js';
import { ForgeConnection } from './forge-connection.js';
import { Gitea, giteaHeaders } from './gitea.js';
import { GitHub, gitHubHeaders } from './github.js';
import { GitLab, gitLabHeaders } from './gitlab.js';

const HEADERS = { GITHUB: gitHubHeaders, GITLAB: gitLabHeaders, GITEA: giteaHeaders } as const;

/** The forges of repositories. */
@Injectable()
export class Forges {
  constructor(
    private readonly stores: GitStores,
    private readonly credentials: GitCredentials,
  ) {}

  /** @throws HeddleError REPOSITORY_NOT_FOUND, NO_FORGE, REPOSITORY_NOT_ALLOWED, REPOSITORY_UNREACHABLE */
  async of(repositoryId: string): Promise<Forge> {
    const { url, credentialId } = await this.stores.repository(repositoryId);
    const credential = await this.credentials.open(credentialId);
    if (credential === undefined || !isForgeProvider(credential.provider)) throw noForge(repositoryId);
    const { provider, baseUrl, value } = credential;
    const path = pathAtForge(provider, baseUrl, url);
    if (path === undefined) throw noForge(repositoryId);
    const apiUrl = forgeApiUrl(provider, baseUrl);
    const address = await this.stores.addressOf(apiUrl);
    return forgeAt(provider, path, new ForgeConnection({ apiUrl, address, headers: HEADERS[provider](value) }));
  }
}

function forgeAt(provider: ForgeProvider, path: readonly string[], connection: ForgeConnection): Forge {
  const [owner = '', name = ''] = path;
  switch (provider) {
    case 'GITHUB':
      return new GitHub(connection, owner, name);
    case 'GITEA':
      return new Gitea(connection, owner, name);
    case 'GITLAB':
      return new GitLab(connection, path);
  }
}

function noForge(id: string): HeddleError {
  return new HeddleError(
    'NO_FORGE',
    'The repository has no credential of a forge: a pull request needs one, of kind GIT, given when the repository is registered',
    { metadata: { id } },
  );
}
