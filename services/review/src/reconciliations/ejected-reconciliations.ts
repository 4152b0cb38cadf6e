import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { CreateReconciliationRequest } from '@heddle/contracts';
import { HeddleError } from '@heddle/domain';
import { requestContext } from '@heddle/platform/context';
import type { Logger } from '@heddle/platform/logging';
import { LOGGER } from '@heddle/platform/service';
import { ChangeBell } from '@heddle/platform/waiting';
import { DataSource, IsNull } from 'typeorm';
import { ChangeEntity } from '../changes/change.entity.js';
import { landingEvidence } from '../landings/landing-evidence.js';
import { LandingEntity } from '../landings/landing.entity.js';
import { lockLandings, noteOnLanding } from '../landings/move-landing.js';
import { QUEUE_PRINCIPAL } from '../queues/queue-principal.js';
import { isRefusal } from '../shared/is-refusal.js';
import { RECONCILE_PERIOD_MS } from '../shared/reconciled.js';
import { RepeatingTask } from '../shared/repeating-task.js';
import { ReconciliationService } from './reconciliation.service.js';

/** Makes the reconciliations that landings name which have fallen out: their ids are in the rows, so that a repeat makes no second. */
@Injectable()
export class EjectedReconciliations implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly task: RepeatingTask;

  constructor(
    private readonly dataSource: DataSource,
    private readonly reconciliations: ReconciliationService,
    private readonly bell: ChangeBell,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.task = new RepeatingTask('ejected-reconciliations', RECONCILE_PERIOD_MS, () => this.makeAll(), logger);
  }

  onApplicationBootstrap(): void {
    this.task.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.task.stop();
  }

  /** Says that a landing may have fallen out. */
  poke(): void {
    this.task.poke();
  }

  /** Makes those that are not there yet; of several who do so at once one is the first. */
  async makeAll(): Promise<void> {
    const rows: { id: string }[] = await this.dataSource.query(
      `SELECT l.id FROM landings l WHERE l.reconciliation_id IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM reconciliations r WHERE r.id = l.reconciliation_id)
       ORDER BY l.id`,
    );
    for (const { id } of rows) {
      try {
        await this.make(await this.dataSource.manager.findOneByOrFail(LandingEntity, { id }));
      } catch (error) {
        // The others do not wait for one that can't be made now.
        this.logger.warn({ err: error, landingId: id }, 'a change could not be reconciled; it is tried again');
      }
    }
  }

  private async make(landing: LandingEntity): Promise<void> {
    const { reconciliationId, branch: targetBranch, traceparent } = landing;
    if (reconciliationId === null) return;
    await requestContext.extend({ principal: QUEUE_PRINCIPAL, traceparent }, async () => {
      try {
        const changeIds = await this.inputsOf(landing);
        const instructions = `${landingEvidence(landing)}\nMake one change of it and what is on the branch, so that both do what they are for.`;
        const wanted = { changeIds, targetBranch, fromTip: true, keepOrder: true, instructions };
        await this.reconciliations.make(reconciliationId, CreateReconciliationRequest.fromPartial(wanted));
      } catch (error) {
        // A remote that is away comes back.
        if (!isRefusal(error) || error.reason === 'REPOSITORY_UNREACHABLE') throw error;
        await this.giveUp(landing, error);
      }
    });
  }

  /** The partner's change first: what it was for, and its checks, count too. */
  private async inputsOf({ id, changeId, headCommit, branch, partnerId }: LandingEntity): Promise<string[]> {
    const { manager } = this.dataSource;
    const has = { changeId, headCommit, branch, state: 'LANDED' as const, revertedById: IsNull() };
    if (await manager.existsBy(LandingEntity, has))
      throw new HeddleError('ALREADY_LANDED', 'The change has landed meanwhile', { metadata: { id } });
    const partner = partnerId === null ? null : await manager.findOneBy(LandingEntity, { id: partnerId });
    const inputs = [...(partner === null ? [] : [partner]), { changeId, headCommit }];
    for (const input of inputs) {
      const change = await manager.findOneByOrFail(ChangeEntity, { id: input.changeId });
      if (change.headCommit !== input.headCommit)
        throw new HeddleError('CHANGE_MOVED', `The change ${change.id} has moved on`, { metadata: { id: change.id } });
    }
    return inputs.map((input) => input.changeId);
  }

  private async giveUp({ id, reconciliationId }: LandingEntity, { reason, message }: HeddleError): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const [row] = await lockLandings(manager, [id]);
      if (row === undefined || row.reconciliationId !== reconciliationId) return;
      const words = [row.message, `It is not reconciled: ${message} (${reason})`];
      await noteOnLanding(manager, row, 'landing.updated', {
        reconciliationId: null,
        message: words.filter((part) => part !== '').join('. '),
      });
    });
    this.bell.ring(id);
  }
}
