import { Inject, Injectable } from '@nestjs/common';
import type { GitCredential } from '@heddle/contracts/internal';
import { GIT_CREDENTIALS, type GitCredentialCalls } from '../shared/tokens.js';

/** What remotes and their forges are shown. Nothing of it is kept here: a value that was changed holds at once. */
@Injectable()
export class GitCredentials {
  constructor(@Inject(GIT_CREDENTIALS) private readonly scheduler: GitCredentialCalls) {}

  /** @throws HeddleError CREDENTIAL_NOT_FOUND, SECRET_UNREADABLE */
  async open(id: string | null): Promise<GitCredential | undefined> {
    return id === null ? undefined : this.scheduler.getGitCredential({ id });
  }
}
