import { Inject, Injectable } from '@nestjs/common';
import { Attempt_State, CheckResult_State, type Attempt, type Task } from '@heddle/contracts';
import { SandboxOwner_Kind, type SandboxSpec } from '@heddle/contracts/internal';
import { HeddleError, isEndState, type GateFacts } from '@heddle/domain';
import { mergeMany, showPath, treeAttributes, withMergeDirectory } from '@heddle/git';
import { requireId } from '@heddle/platform/ids';
import { DataSource } from 'typeorm';
import { ChangeEntity } from '../changes/change.entity.js';
import { ChangeFiles } from '../changes/change-files.js';
import { checksFromJson } from '../changes/change.mapper.js';
import { holdsSecret } from '../changes/secret-in-change.js';
import { EvidenceService } from '../evidence/evidence.service.js';
import { GitStores } from '../git-store/git-stores.js';
import { TargetBranches } from '../landings/target-branch.js';
import { LruCache } from '../shared/lru-cache.js';
import { SANDBOX_SPECS, TASKS, type SandboxSpecs, type Tasks } from '../shared/tokens.js';
import { readWork, type Work } from './read-work.js';
import { testPolicy, type TestPolicy } from './test-policy.js';

/** An attempt of a task, with what it made. */
export interface Sibling {
  readonly attempt: Attempt;
  readonly isOpen: boolean;
  readonly change: ChangeEntity | undefined;
  readonly work: Work | undefined;
}

export interface Siblings {
  readonly task: Task;
  /** In the order of their numbers. */
  readonly all: readonly Sibling[];
  /** Of one of them: whose environment it is; undefined where none has a change that stands. */
  readonly spec: SandboxSpec | undefined;
  readonly policy: TestPolicy | undefined;
}

export interface Target {
  readonly branch: string;
  /** Undefined: it could not be read. */
  readonly commit: string | undefined;
}

/** Attempts of one task with everything that is known of them, from the services that know it. */
@Injectable()
export class SiblingsService {
  private readonly works = new LruCache<Work>(512);

  constructor(
    private readonly dataSource: DataSource,
    private readonly files: ChangeFiles,
    private readonly stores: GitStores,
    private readonly targets: TargetBranches,
    private readonly evidence: EvidenceService,
    @Inject(TASKS) private readonly tasks: Tasks,
    @Inject(SANDBOX_SPECS) private readonly specs: SandboxSpecs,
  ) {}

  /** @throws HeddleError TASK_NOT_FOUND */
  async of(taskId: string): Promise<Siblings> {
    requireId(taskId, 'TASK_NOT_FOUND', 'task');
    const task = await this.tasks.getTask({ id: taskId });
    const changes = await this.dataSource.manager.findBy(ChangeEntity, { taskId });
    const byAttempt = new Map(changes.map((change) => [change.attemptId, change]));
    const attempts = [...task.attempts].sort((a, b) => a.attemptNumber - b.attemptNumber);
    const ended = attempts.filter((attempt) => !isOpen(attempt)).flatMap(({ id }) => byAttempt.get(id) ?? []);
    const spec = await this.specOf(ended);
    const policy = spec === undefined ? undefined : testPolicy(spec);
    const all = await Promise.all(
      attempts.map(async (attempt) => {
        const change = byAttempt.get(attempt.id);
        const work = change === undefined || spec === undefined ? undefined : await this.workOf(change, spec);
        return { attempt, isOpen: isOpen(attempt), change, work };
      }),
    );
    return { task, all, spec, policy };
  }

  async target({ all }: Siblings): Promise<Target | undefined> {
    const change = all.find((sibling) => sibling.change !== undefined)?.change;
    if (change === undefined) return undefined;
    const { repositoryId } = change;
    const branch = change.sourceBranch || (await this.stores.repository(repositoryId)).defaultBranch;
    try {
      const tip = await this.targets.open(repositoryId, branch, (target) => target.tip());
      return { branch, commit: tip ?? change.baseCommit };
    } catch (error) {
      // A remote that is away says nothing of the attempts.
      if (HeddleError.is(error)) return { branch, commit: undefined };
      throw error;
    }
  }

  /** What the gates are judged by, of those that have ended. */
  async gateFacts(siblings: Siblings, target: Target | undefined): Promise<GateFacts[]> {
    const ended = siblings.all.filter((sibling) => !sibling.isOpen);
    const conflicts = await this.conflicts(ended, target?.commit);
    return Promise.all(
      ended.map(async ({ attempt, change, work }) => ({
        attemptId: attempt.id,
        isCompleted: attempt.state === Attempt_State.COMPLETED,
        statusDetail: attempt.statusDetail,
        missingChecks: change === undefined ? [] : await this.missingChecks(siblings, change),
        ...(change === undefined
          ? {}
          : {
              change: {
                partial: change.partial,
                empty: change.empty,
                holdsSecret: holdsSecret(change),
                conflictPaths: conflicts.get(change.id) ?? [],
                forbidden: work?.forbidden ?? [],
                deletedTests: work?.deletedTests ?? [],
                skippedTests: work?.skippedTests ?? [],
                changedTests: work?.changedTests ?? [],
              },
            }),
      })),
    );
  }

  private async missingChecks({ task }: Siblings, change: ChangeEntity): Promise<string[]> {
    const results = change.evidenceFinal
      ? checksFromJson(change.checks)
      : await this.evidence.refresh(change.attemptId, false);
    const states = new Map(
      results.filter(({ treeId }) => treeId === change.treeId).map(({ name, state }) => [name, state]),
    );
    return task.checks
      .filter(({ advisory, name }) => !advisory && states.get(name) !== CheckResult_State.PASSED)
      .map(({ name }) => `${name} (${states.get(name) ?? 'not run'})`);
  }

  /** Paths that don't merge, by change. What git cannot decide is held against nobody. */
  private async conflicts(
    siblings: readonly Sibling[],
    tip: string | undefined,
  ): Promise<ReadonlyMap<string, readonly string[]>> {
    const changes = siblings.flatMap(({ change }) => (change === undefined || change.empty ? [] : change));
    const [first] = changes;
    const found = new Map<string, readonly string[]>();
    if (first === undefined || tip === undefined) return found;
    const store = this.stores.directory(first.repositoryId);
    const attributes = await treeAttributes({ gitDir: store }, tip);
    await withMergeDirectory({ store, commit: tip, attributes, keepObjects: false }, (at) =>
      mergeMany(
        at,
        changes.map(({ headCommit }) => [tip, headCommit] as const),
        (index, outcome) => {
          const change = changes[index];
          if (change === undefined || outcome === 'unknown' || outcome.clean) return;
          found.set(change.id, [...new Set(outcome.paths.map((path) => showPath(path).path))]);
        },
      ),
    );
    return found;
  }

  private workOf(change: ChangeEntity, spec: SandboxSpec): Promise<Work> {
    const { repositoryId, baseCommit: base, headCommit: head } = change;
    const key = `${repositoryId} ${base} ${head} ${spec.environmentId} ${String(spec.environmentVersion)}`;
    return this.works.get(key, async () => {
      const files = await this.files.of(repositoryId, base, head);
      return readWork(this.stores.directory(repositoryId), { base, head, files }, testPolicy(spec));
    });
  }

  /** All attempts of a task have one environment. */
  private async specOf(changes: readonly ChangeEntity[]): Promise<SandboxSpec | undefined> {
    for (const { attemptId, fence } of changes) {
      try {
        return await this.specs.getSandboxSpec({ owner: { kind: SandboxOwner_Kind.ATTEMPT, id: attemptId, fence } });
      } catch (error) {
        if (!HeddleError.is(error) || error.reason !== 'FENCE_SUPERSEDED') throw error;
      }
    }
    return undefined;
  }
}

/** One that waits for a person may go on. */
function isOpen({ state }: Attempt): boolean {
  return !isEndState(state as Parameters<typeof isEndState>[0]);
}
