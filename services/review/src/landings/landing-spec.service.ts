import { Inject, Injectable } from '@nestjs/common';
import {
  SandboxOwner_Kind,
  type GetSandboxSpecRequest,
  type SandboxOwner,
  type SandboxSecret,
  type SandboxSpec,
} from '@heddle/contracts/internal';
import { HeddleError } from '@heddle/domain';
import { DataSource } from 'typeorm';
import { requireId } from '@heddle/platform/ids';
import { checksSpec, setupSecrets } from '../sandboxes/checks-spec.js';
import { ENVIRONMENT_SECRETS, type EnvironmentSecrets } from '../shared/tokens.js';
import { LandingEntity } from './landing.entity.js';
import { testsOfLandings } from './tip-tests.js';

interface TestedLanding {
  readonly row: LandingEntity;
  /** The merge that is under test. */
  readonly candidate: string;
  readonly spec: SandboxSpec;
}

/** What a runner may know of a landing, for the holder of its newest fence only: the checks that the merged tree has to pass. */
@Injectable()
export class LandingSpecService {
  constructor(
    private readonly dataSource: DataSource,
    @Inject(ENVIRONMENT_SECRETS) private readonly secrets: EnvironmentSecrets,
  ) {}

  /** @throws HeddleError OWNER_NOT_FOUND, FENCE_SUPERSEDED */
  async get({ owner }: GetSandboxSpecRequest): Promise<SandboxSpec> {
    const { row, candidate, spec } = await this.testedLanding(owner);
    const { baseCommit, probe, traceparent } = row;
    return checksSpec(spec, { owner, baseCommit, commit: probe ?? candidate, traceparent });
  }

  /** Those of the set-up only: nothing of a landing's sandbox reaches a network with credentials. */
  async secretsOf(owner: SandboxOwner | undefined): Promise<SandboxSecret[]> {
    return setupSecrets(this.secrets, (await this.testedLanding(owner)).spec);
  }

  private async testedLanding(owner: SandboxOwner | undefined): Promise<TestedLanding> {
    if (owner?.kind !== SandboxOwner_Kind.LANDING) {
      throw new HeddleError('OWNER_NOT_FOUND', 'Review knows sandboxes of landings and trials only', {
        metadata: { kind: owner?.kind ?? '' },
      });
    }
    const row = await this.dataSource.manager.findOneBy(LandingEntity, {
      id: requireId(owner.id, 'OWNER_NOT_FOUND', 'landing'),
    });
    if (row === null)
      throw new HeddleError('OWNER_NOT_FOUND', `There is no landing ${owner.id}`, { metadata: { id: owner.id } });
    if (row.fence !== owner.fence || row.state !== 'TESTING' || row.candidate === null) {
      throw new HeddleError('FENCE_SUPERSEDED', `Landing ${row.id} is not tested under this fence any more`, {
        metadata: { fence: owner.fence, newest: row.fence, state: row.state },
      });
    }
    const { specs } = await testsOfLandings(this.dataSource.manager, row.checksOf ?? [row.id]);
    const spec = specs[row.test];
    if (spec === undefined) throw new Error(`landing ${row.id} has no test ${String(row.test)}`);
    return { row, candidate: row.candidate, spec };
  }
}
