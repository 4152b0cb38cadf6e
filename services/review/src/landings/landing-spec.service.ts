import { Injectable } from '@nestjs/common';
import { SandboxOwner_Kind, SandboxSpec, type GetSandboxSpecRequest } from '@heddle/contracts/internal';
import { HeddleError } from '@heddle/domain';
import { DataSource } from 'typeorm';
import { requireId } from '@heddle/platform/ids';
import { LandingEntity } from './landing.entity.js';

/** What a runner may know of a landing, for the holder of its newest fence only: the task's checks over the merged tree. */
@Injectable()
export class LandingSpecService {
  constructor(private readonly dataSource: DataSource) {}

  async get({ owner }: GetSandboxSpecRequest): Promise<SandboxSpec> {
    if (owner?.kind !== SandboxOwner_Kind.LANDING) {
      throw new HeddleError('OWNER_NOT_FOUND', 'Review knows sandboxes of landings only', {
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
    const spec = SandboxSpec.decode(row.spec);
    return {
      ...spec,
      owner,
      agent: undefined,
      prompt: '',
      baseCommit: row.baseCommit,
      commit: row.candidate,
      traceparent: row.traceparent,
      ended: false,
    };
  }
}
