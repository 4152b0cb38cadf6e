import { Injectable } from '@nestjs/common';
import type { CheckOutcome, LandingActivities, LandingTest } from '@heddle/contracts/workflows';
import { redChecks } from '@heddle/domain';
import { DataSource, In, type EntityManager } from 'typeorm';
import { ChangeBell } from '@heddle/platform/waiting';
import { ReviewStates } from '../approvals/review-states.js';
import { checkOutcomesToJson } from '../changes/check-outcomes.js';
import { LandingQueueEntity } from '../queues/landing-queue.entity.js';
import { LandingEntity } from './landing.entity.js';
import { noteInteraction } from '../overlaps/together/note-interaction.js';
import { lockQueue, saveQueue } from '../queues/queue-rows.js';
import { sendOn } from '../queues/send-on.js';
import { EjectedReconciliations } from '../reconciliations/ejected-reconciliations.js';
import { FAST_LANE } from './landing-order.js';
import { lockLandings, moveLanding, UNTESTED } from './move-landing.js';
import { testsOfLandings } from './tip-tests.js';

/** The short steps of the landing workflow: each reads its row first, so that a repeat changes nothing. */
@Injectable()
export class LandingRows {
  constructor(
    private readonly dataSource: DataSource,
    private readonly states: ReviewStates,
    private readonly reconciliations: EjectedReconciliations,
    private readonly bell: ChangeBell,
  ) {}

  async raiseFence(
    id: string,
    { probe, checksOf, number }: LandingTest,
  ): Promise<{ fence: number; wanted: boolean; tests: number }> {
    const result: [{ fence: string; state: string }[], number] = await this.dataSource.query(
      `UPDATE landings SET fence = fence + 1, probe = $2, checks_of = $3, test = $4
       WHERE id = $1 RETURNING fence, state`,
      [id, probe ?? null, checksOf ?? null, number],
    );
    const row = result[0][0];
    const { specs } = await testsOfLandings(this.dataSource.manager, checksOf ?? [id]);
    return { fence: Number(row?.fence ?? 0), wanted: row?.state === 'TESTING', tests: specs.length };
  }

  /** None while the queue does not go on, nor of what the fast lane overtakes. */
  async stillWanted(ids: readonly string[]): Promise<string[]> {
    const rows: { id: string }[] = await this.dataSource.query(
      `SELECT l.id FROM landings l JOIN landing_queues q ON q.id = l.queue_id
       WHERE l.id = ANY($1) AND (l.state = 'PUSHING' OR (l.state IN ('TESTING', 'QUEUED') AND q.state = 'ACTIVE'
         AND NOT EXISTS (SELECT 1 FROM landings f WHERE f.queue_id = l.queue_id AND f.state = 'QUEUED'
           AND f.priority = ${String(FAST_LANE)} AND l.priority > f.priority)))`,
      [ids],
    );
    return rows.map((row) => row.id);
  }

  async eject({
    landingId,
    commit,
    reason,
    message,
    checks,
    checksOf,
    partnerId,
  }: Parameters<LandingActivities['ejectLanding']>[0]): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const [row] = await lockLandings(manager, [landingId]);
      if (row?.state !== 'TESTING' || row.candidate !== commit) return;
      const words = [
        partnerId === undefined ? message : await partnerWords(manager, partnerId),
        checksOf === undefined ? '' : await othersWords(manager, landingId, checks, checksOf),
      ];
      await moveLanding(manager, row, 'EJECTED', {
        reason,
        message: words.filter((part) => part !== '').join('. '),
        partnerId: partnerId ?? null,
        checks: checkOutcomesToJson(checks),
      });
      if (partnerId !== undefined) await noteInteraction(manager, row, partnerId);
      await sendOn(manager, this.states, row);
    });
    this.reconciliations.poke();
    this.bell.ring(landingId);
  }

  async requeue(ids: readonly string[]): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      for (const row of await lockLandings(manager, ids)) {
        if (row.state === 'TESTING') await moveLanding(manager, row, 'QUEUED', UNTESTED);
      }
    });
  }

  async stopQueue({ repositoryId, branch, tip, checks }: Parameters<LandingActivities['stopQueue']>[0]): Promise<void> {
    const found = await this.dataSource.manager.findOneBy(LandingQueueEntity, { repositoryId, branch });
    if (found === null) return;
    await this.dataSource.transaction(async (manager) => {
      const queue = await lockQueue(manager, found.id);
      if (queue.state !== 'ACTIVE') return;
      const message = `${branch} is red by itself at ${tip.slice(0, 12)}: ${redChecks(checks).join(', ')}`;
      Object.assign(queue, { state: 'STOPPED', redTip: tip, message });
      await saveQueue(manager, queue, 'queue.stopped');
    });
  }
}

async function partnerWords(manager: EntityManager, id: string): Promise<string> {
  const partner = await manager.findOneBy(LandingEntity, { id });
  return `Green by itself, red together with what landed before it: ${partner?.title ?? id}`;
}

/** Which of the red checks are those of others, and whose: their results have no more than names. */
async function othersWords(
  manager: EntityManager,
  id: string,
  checks: readonly CheckOutcome[],
  checksOf: readonly string[],
): Promise<string> {
  const { askedBy } = await testsOfLandings(manager, checksOf);
  const ofOthers = redChecks(checks).flatMap((name) => {
    const ids = askedBy.get(name) ?? [];
    return ids.length === 0 || ids.includes(id) ? [] : [{ name, by: ids[0] ?? '' }];
  });
  if (ofOthers.length === 0) return '';
  const rows = await manager.findBy(LandingEntity, { id: In(ofOthers.map(({ by }) => by)) });
  const words = ofOthers.map(({ name, by }) => `${name} (${rows.find((row) => row.id === by)?.title ?? by})`);
  return `Red are checks of what landed before it: ${words.join(', ')}`;
}
