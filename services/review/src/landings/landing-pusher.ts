import { Injectable } from '@nestjs/common';
import type { LandOutcome, LandRequest } from '@heddle/contracts/workflows';
import { isZeroId, type PushOutcome } from '@heddle/git';
import { DataSource, type EntityManager } from 'typeorm';
import { ChangeBell } from '@heddle/platform/waiting';
import { checkOutcomesToJson } from './check-outcomes.js';
import { LandingEntity } from './landing.entity.js';
import { lockLandings, moveLanding, UNTESTED } from './move-landing.js';
import { TargetBranch } from './target-branch.js';

/** The branch answered neither yes nor no: the activity is repeated, and finds the rows as they were left. */
export class PushUndecidedError extends Error {
  override readonly name = 'PushUndecidedError';
}

/** Landings that one push carries, in the order of the chain; the last one's commit is what is pushed. */
type Pushed = readonly LandingEntity[];

/** Puts tested merges on the branch, at most once: rows first, then the push by compare-and-swap, then the branch is read back. */
@Injectable()
export class LandingPusher {
  constructor(
    private readonly dataSource: DataSource,
    private readonly target: TargetBranch,
    private readonly bell: ChangeBell,
  ) {}

  async land(request: LandRequest): Promise<LandOutcome> {
    const rows = await this.decide(request);
    if (rows.length === 0) return { kind: 'LANDED', landed: 0 };
    return this.settle(rows);
  }

  /** Brings a push to its end that was decided in the rows, whatever became of it before. */
  async settle(rows: Pushed): Promise<LandOutcome> {
    const first = rows[0];
    const last = rows.at(-1);
    if (first === undefined || last === undefined || rows.every((row) => row.state === 'LANDED')) return { kind: 'LANDED', landed: rows.length };
    const { repositoryId, branch } = first;
    const { commit, expectedOld } = last;
    if (commit === null || expectedOld === null) throw new Error(`landing ${last.id} is being pushed without a commit`);
    const tip = await this.target.read(repositoryId, branch);
    const verdict = await this.compare(rows, tip, commit, expectedOld);
    if (verdict !== 'OPEN') return this.close(rows, verdict);
    const outcome = await this.target.push(repositoryId, { branch, commit, expectedOld, landingId: last.id });
    if (outcome.kind === 'REJECTED') return this.refuse(rows, outcome);
    const after = await this.compare(rows, await this.target.read(repositoryId, branch), commit, expectedOld);
    if (after === 'OPEN') throw new PushUndecidedError(`the branch ${branch} did not move: ${'text' in outcome ? outcome.text : outcome.kind}`);
    return this.close(rows, after);
  }

  /** Writes `commit` and `expectedOld` once. A member that was taken out meanwhile ends the prefix: what is behind was merged onto it. */
  private async decide({ tip, members }: LandRequest): Promise<LandingEntity[]> {
    return this.dataSource.transaction(async (manager) => {
      const locked = new Map((await lockLandings(manager, members.map((member) => member.landingId))).map((row) => [row.id, row]));
      const prefix: { row: LandingEntity; checks: LandRequest['members'][number]['checks'] }[] = [];
      for (const { landingId, commit, checks } of members) {
        const row = locked.get(landingId);
        const decided = row?.commit === commit && (row.state === 'PUSHING' || row.state === 'LANDED');
        const ready = row?.candidate === commit && (row.state === 'TESTING' || row.state === 'QUEUED');
        if (row === undefined || (!decided && !ready)) break;
        prefix.push({ row, checks });
      }
      const pushHead = prefix.at(-1)?.row.candidate ?? null;
      for (const { row, checks } of prefix) {
        if (row.commit !== null) continue;
        await moveLanding(manager, row, 'PUSHING', { commit: row.candidate, expectedOld: tip, pushHead, checks: checkOutcomesToJson(checks) });
      }
      return prefix.map(({ row }) => row);
    });
  }

  /** `OPEN`: the branch is still what it was when the push was decided. */
  private async compare(rows: Pushed, tip: string | undefined, commit: string, expectedOld: string): Promise<'LANDED' | 'MOVED' | 'OPEN'> {
    const absent = isZeroId(expectedOld);
    if (tip === undefined) return absent ? 'OPEN' : 'MOVED';
    if (tip === commit) return 'LANDED';
    if (tip === expectedOld) return 'OPEN';
    const last = rows.at(-1);
    if (last === undefined) return 'MOVED';
    const found = await this.target.contains(last.repositoryId, tip, { id: last.id, commit, expectedOld: absent ? undefined : expectedOld });
    return found ? 'LANDED' : 'MOVED';
  }

  private async close(rows: Pushed, verdict: 'LANDED' | 'MOVED'): Promise<LandOutcome> {
    await this.onLocked(rows, async (manager, row) => {
      if (verdict === 'LANDED') await moveLanding(manager, row, 'LANDED');
      else await moveLanding(manager, row, 'QUEUED', UNTESTED);
    });
    return verdict === 'LANDED' ? { kind: 'LANDED', landed: rows.length } : { kind: 'MOVED' };
  }

  /** Of several the remote does not say which one it minds: they come again one by one. */
  private async refuse(rows: Pushed, outcome: Extract<PushOutcome, { kind: 'REJECTED' }>): Promise<LandOutcome> {
    await this.onLocked(rows, async (manager, row) => {
      if (rows.length === 1) await moveLanding(manager, row, 'EJECTED', { reason: outcome.reason, message: outcome.text });
      else await moveLanding(manager, row, 'QUEUED', UNTESTED);
    });
    return { kind: 'REFUSED' };
  }

  private async onLocked(rows: Pushed, move: (manager: EntityManager, row: LandingEntity) => Promise<void>): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      for (const row of await lockLandings(manager, rows.map((each) => each.id))) {
        if (row.state === 'PUSHING') await move(manager, row);
      }
    });
    this.bell.ring(...rows.map((row) => row.id));
  }
}
