import { Landing_Delivery } from '@heddle/contracts';
import { SandboxSpec } from '@heddle/contracts/internal';
import { IsNull, type EntityManager } from 'typeorm';
import type { ChangeEntity } from '../changes/change.entity.js';
import { EJECTED_BY_USER } from '../proposals/proposal-reasons.js';
import { LandingEntity } from './landing.entity.js';
import { lockLandings, moveLanding, UNTESTED } from './move-landing.js';

/** The landing has an open request, which carries another head of the change than the present one. */
export function isRenewable(row: LandingEntity, change: Pick<ChangeEntity, 'id' | 'headCommit'>): boolean {
  const proposed = row.pullRequest?.changeHead ?? row.headCommit;
  return (
    row.state === 'PROPOSED' &&
    row.changeId === change.id &&
    proposed !== change.headCommit &&
    row.reason !== EJECTED_BY_USER
  );
}

/** The landing of a change's open request, locked; before the change itself, in the order of everybody who locks both. */
export async function lockProposed(
  manager: EntityManager,
  { id: changeId }: ChangeEntity,
  branch: string,
  delivery: Landing_Delivery,
): Promise<LandingEntity | undefined> {
  // Who wants it pushed has to take the request out first.
  if (delivery === Landing_Delivery.PUSH) return undefined;
  const found = await manager.findOneBy(LandingEntity, { changeId, branch, state: 'PROPOSED', revertsId: IsNull() });
  return found === null ? undefined : (await lockLandings(manager, [found.id]))[0];
}

/** Puts the landing of an open request back into its queue, with the change's present head. Both are locked. */
export async function renewLanding(
  manager: EntityManager,
  row: LandingEntity,
  change: ChangeEntity,
  { spec, priority }: { readonly spec: SandboxSpec; readonly priority: number },
): Promise<void> {
  const { headCommit, baseCommit, title } = change;
  await moveLanding(manager, row, 'QUEUED', {
    ...UNTESTED,
    pullRequest: row.pullRequest && {
      ...row.pullRequest,
      headCommit: row.pullRequest.headCommit ?? row.commit ?? '',
      changeHead: row.pullRequest.changeHead ?? row.headCommit,
    },
    headCommit,
    baseCommit,
    title,
    spec: Buffer.from(SandboxSpec.encode(spec).finish()),
    priority,
    reason: '',
    message: '',
    conflictPaths: [],
    checks: [],
    lookTime: null,
    dispatchedAt: null,
  });
}
