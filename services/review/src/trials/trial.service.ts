import { Injectable } from '@nestjs/common';
import type { Check } from '@heddle/contracts';
import { SandboxSpec, Trial } from '@heddle/contracts/internal';
import { HeddleError, TRIAL_END_STATES } from '@heddle/domain';
import { requestContext } from '@heddle/platform/context';
import { newId, requireId } from '@heddle/platform/ids';
import { ChangeBell } from '@heddle/platform/waiting';
import { DataSource, In, Not, type EntityManager } from 'typeorm';
import { checksSpec } from '../sandboxes/checks-spec.js';
import { TrialDispatcher } from './trial-dispatcher.js';
import { TrialRefs } from './trial-refs.js';
import { TrialEntity, type TrialKind } from './trial.entity.js';

/** Checks over a tree whose objects are in the repository's store. */
export interface TrialRequest {
  readonly kind: TrialKind;
  /** Unique for what is asked, with everything that the answer depends on: at most 500 characters. */
  readonly key: string;
  readonly repositoryId: string;
  readonly batchId?: string;
  readonly taskId?: string;
  /** The immutable check-out that the sandbox is made over. */
  readonly baseCommit: string;
  /** What is laid over it; the base itself where the base is to be tried. */
  readonly commit: string;
  /** Of an attempt: whose environment it is. Its checks don't count. */
  readonly spec: SandboxSpec;
  /** At least one. */
  readonly checks: readonly Check[];
  /** 1 to 5, 1 first; absent: 3. */
  readonly priority?: number;
}

/** Checks that run over trees which are nobody's change, in sandboxes of their own. */
@Injectable()
export class TrialService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly dispatcher: TrialDispatcher,
    private readonly refs: TrialRefs,
    private readonly bell: ChangeBell,
  ) {}

  /**
   * Makes the trials that are not there yet. One that was asked for before is answered as it is, whatever else the request
   * says now; one that was cancelled, or that the platform could not run, stays so.
   * @returns in the order of the requests
   */
  async request(requests: readonly TrialRequest[]): Promise<TrialEntity[]> {
    if (requests.length === 0) return [];
    const rows = await this.dataSource.transaction(async (manager) => {
      for (const request of requests) await insert(manager, request);
      return manager.findBy(TrialEntity, { key: In(requests.map(({ key }) => key)) });
    });
    for (const row of rows) await this.refs.keep(row);
    this.dispatcher.poke();
    const byKey = new Map(rows.map((row) => [row.key, row]));
    return requests.flatMap(({ key }) => byKey.get(key) ?? []);
  }

  /** Those that there are. */
  byKeys(keys: readonly string[]): Promise<TrialEntity[]> {
    return this.dataSource.manager.findBy(TrialEntity, { key: In([...keys]) });
  }

  /** In no order; those that there are. */
  byIds(ids: readonly string[]): Promise<TrialEntity[]> {
    return this.dataSource.manager.findBy(TrialEntity, { id: In([...ids]) });
  }

  /** @throws HeddleError TRIAL_NOT_FOUND */
  async get(id: string): Promise<TrialEntity> {
    requireId(id, 'TRIAL_NOT_FOUND', 'trial');
    const row = await this.dataSource.manager.findOneBy(TrialEntity, { id });
    if (row === null) throw new HeddleError('TRIAL_NOT_FOUND', `There is no trial ${id}`, { metadata: { id } });
    return row;
  }

  /** @throws HeddleError TRIAL_NOT_FOUND */
  async show(id: string): Promise<Trial> {
    const row = await this.get(id);
    return {
      id: row.id,
      state: row.state,
      startTime: row.startTime ?? undefined,
      endTime: row.endTime ?? undefined,
    };
  }

  /** Those that have ended, or are not there, stay as they are. What runs is stopped by the trial's workflow. */
  async cancel(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const { manager } = this.dataSource;
    const open = { id: In([...ids]), state: Not(In([...TRIAL_END_STATES])) };
    await manager.update(TrialEntity, open, { cancelRequested: true, dispatchedAt: null });
    this.dispatcher.poke();
    for (const id of ids) this.bell.ring(id);
  }
}

async function insert(manager: EntityManager, request: TrialRequest): Promise<void> {
  const { kind, key, repositoryId, batchId, taskId, baseCommit, commit, checks } = request;
  const traceparent = requestContext.get()?.traceparent ?? request.spec.traceparent;
  const spec = {
    ...checksSpec(request.spec, { owner: undefined, baseCommit, commit, traceparent }),
    checks: [...checks],
  };
  const now = new Date();
  await manager
    .createQueryBuilder()
    .insert()
    .into(TrialEntity)
    .values({
      id: newId(),
      kind,
      key,
      repositoryId,
      batchId: batchId ?? null,
      taskId: taskId ?? null,
      baseCommit,
      commit,
      environmentVersion: spec.environmentVersion,
      spec: Buffer.from(SandboxSpec.encode(spec).finish()),
      priority: request.priority ?? 3,
      state: 'QUEUED',
      stateSince: now,
      cancelRequested: false,
      reason: '',
      message: '',
      results: [],
      fence: '0',
      traceparent,
      createTime: now,
      startTime: null,
      endTime: null,
      dispatchedAt: null,
    })
    .orIgnore()
    .execute();
}
