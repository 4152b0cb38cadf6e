import { Injectable } from '@nestjs/common';
import type { LandingActivities } from '@heddle/contracts/workflows';
import { DataSource, In } from 'typeorm';
import { ChangeBell } from '@heddle/platform/waiting';
import { checkOutcomesToJson } from '../changes/check-outcomes.js';
import { LandingEntity } from './landing.entity.js';
import { lockLandings, moveLanding, UNTESTED } from './move-landing.js';

/** The short steps of the landing workflow: each reads its row first, so that a repeat changes nothing. */
@Injectable()
export class LandingRows {
  constructor(
    private readonly dataSource: DataSource,
    private readonly bell: ChangeBell,
  ) {}

  async raiseFence(id: string): Promise<{ fence: number; wanted: boolean }> {
    const result: [{ fence: string; state: string }[], number] = await this.dataSource.query(
      'UPDATE landings SET fence = fence + 1 WHERE id = $1 RETURNING fence, state',
      [id],
    );
    const row = result[0][0];
    return { fence: Number(row?.fence ?? 0), wanted: row?.state === 'TESTING' };
  }

  async stillWanted(ids: readonly string[]): Promise<string[]> {
    const rows = await this.dataSource.manager.find(LandingEntity, {
      select: { id: true },
      where: { id: In([...ids]), state: In(['TESTING', 'QUEUED', 'PUSHING']) },
    });
    return rows.map((row) => row.id);
  }

  async eject({
    landingId,
    commit,
    reason,
    message,
    checks,
  }: Parameters<LandingActivities['ejectLanding']>[0]): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const [row] = await lockLandings(manager, [landingId]);
      if (row?.state !== 'TESTING' || row.candidate !== commit) return;
      await moveLanding(manager, row, 'EJECTED', { reason, message, checks: checkOutcomesToJson(checks) });
    });
    this.bell.ring(landingId);
  }

  async requeue(ids: readonly string[]): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      for (const row of await lockLandings(manager, ids)) {
        if (row.state === 'TESTING') await moveLanding(manager, row, 'QUEUED', UNTESTED);
      }
    });
  }
}
