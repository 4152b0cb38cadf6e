import { Inject, Injectable } from '@nestjs/common';
import {
  SandboxSpec,
  type GetSandboxSpecRequest,
  type SandboxOwner,
  type SandboxSecret,
} from '@heddle/contracts/internal';
import { HeddleError } from '@heddle/domain';
import { requireId } from '@heddle/platform/ids';
import { DataSource } from 'typeorm';
import { setupSecrets } from '../sandboxes/checks-spec.js';
import { ENVIRONMENT_SECRETS, type EnvironmentSecrets } from '../shared/tokens.js';
import { TrialEntity } from './trial.entity.js';

/** What a runner may know of a trial, for the holder of its newest fence only. */
@Injectable()
export class TrialSpecService {
  constructor(
    private readonly dataSource: DataSource,
    @Inject(ENVIRONMENT_SECRETS) private readonly secrets: EnvironmentSecrets,
  ) {}

  /** @throws HeddleError OWNER_NOT_FOUND, FENCE_SUPERSEDED */
  async get({ owner }: GetSandboxSpecRequest): Promise<SandboxSpec> {
    return { ...(await this.claimed(owner)), owner };
  }

  /** The runner puts them into a set-up over an accepted tree only, which a trial's is where it is the base. */
  async secretsOf(owner: SandboxOwner | undefined): Promise<SandboxSecret[]> {
    return setupSecrets(this.secrets, await this.claimed(owner));
  }

  private async claimed(owner: SandboxOwner | undefined): Promise<SandboxSpec> {
    const id = requireId(owner?.id ?? '', 'OWNER_NOT_FOUND', 'trial');
    const row = await this.dataSource.manager.findOneBy(TrialEntity, { id });
    if (row === null) throw new HeddleError('OWNER_NOT_FOUND', `There is no trial ${id}`, { metadata: { id } });
    if (row.fence !== owner?.fence || row.state !== 'RUNNING') {
      throw new HeddleError('FENCE_SUPERSEDED', `Trial ${id} does not run under this fence any more`, {
        metadata: { fence: owner?.fence ?? '', newest: row.fence, state: row.state },
      });
    }
    return SandboxSpec.decode(row.spec);
  }
}
