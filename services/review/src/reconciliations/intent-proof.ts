import { Inject, Injectable } from '@nestjs/common';
import { SandboxOwner_Kind, type SandboxSpec } from '@heddle/contracts/internal';
import { judgeIntent, type IntentVerdict } from '@heddle/domain';
import { commitTree } from '@heddle/git';
import { DataSource } from 'typeorm';
import { ChangeEntity } from '../changes/change.entity.js';
import { ChangeFiles } from '../changes/change-files.js';
import { GitStores } from '../git-store/git-stores.js';
import { testPolicy, type TestPolicy } from '../ranking/test-policy.js';
import { SANDBOX_SPECS, type SandboxSpecs } from '../shared/tokens.js';
import { outcomeOf } from '../trials/trial-outcome.js';
import type { TrialEntity } from '../trials/trial.entity.js';
import { TrialService } from '../trials/trial.service.js';
import type { ReconciliationEntity, ReconciliationInputEntity } from './reconciliation.entity.js';
import { withPathsOf } from './settle-conflicts.js';

/** Of the keys: another rule of what is run is another question. */
const VERSION = 2;

/** Of the tests that a change touches. Paths as latin1. */
interface TouchedTests {
  readonly all: ReadonlySet<string>;
  /** Those that are there afterwards, and that no other input touches: in every merge they are as the change has them. */
  readonly own: ReadonlySet<string>;
}

/** Whether the tests of a change tell what the lines are for that would be dropped of it. */
@Injectable()
export class IntentProof {
  constructor(
    private readonly dataSource: DataSource,
    private readonly files: ChangeFiles,
    private readonly stores: GitStores,
    private readonly trials: TrialService,
    @Inject(SANDBOX_SPECS) private readonly specs: SandboxSpecs,
  ) {}

  /** What the environment of an input's attempt says of tests. */
  async policyOf(input: ReconciliationInputEntity): Promise<TestPolicy> {
    return testPolicy(await this.specOf(input));
  }

  async hasTests(
    { repositoryId }: ReconciliationEntity,
    input: ReconciliationInputEntity,
    inputs: readonly ReconciliationInputEntity[],
  ): Promise<boolean> {
    return (await this.testsOf(repositoryId, input, inputs, await this.policyOf(input))).own.size > 0;
  }

  /**
   * The change without its lines in these files, in trials of its checks: without its tests, and with them. A repeat asks the same
   * trials.
   * @param paths as latin1
   */
  async judge(
    row: ReconciliationEntity,
    input: ReconciliationInputEntity,
    inputs: readonly ReconciliationInputEntity[],
    paths: readonly string[],
  ): Promise<IntentVerdict> {
    const spec = await this.specOf(input);
    const tests = await this.testsOf(row.repositoryId, input, inputs, testPolicy(spec));
    const untested = [...paths, ...tests.all];
    const tested = untested.filter((path) => !tests.own.has(path));
    const without = outcomeOf(await this.trial(row, input, spec, 'untested', untested));
    const first = outcomeOf(await this.trial(row, input, spec, 'tested', tested));
    const verdict = judgeIntent(without, [first]);
    if (verdict.kind !== 'AGAIN') return verdict;
    return judgeIntent(without, [first, outcomeOf(await this.trial(row, input, spec, 'again', tested))]);
  }

  /** Stops the trials of reconciliations that have ended: nobody waits for what they say. */
  async stopUnwanted(): Promise<void> {
    const rows: { id: string }[] = await this.dataSource.query(
      `SELECT t.id FROM trials t JOIN reconciliations r ON r.id = split_part(t.key, '/', 3)::uuid
       WHERE t.kind = 'RECONCILIATION' AND t.end_time IS NULL AND NOT t.cancel_requested AND r.end_time IS NOT NULL`,
    );
    await this.trials.cancel(rows.map(({ id }) => id));
  }

  /** The checks over a change with these paths as they were before it. */
  private async trial(
    { id, repositoryId, createTime: date }: ReconciliationEntity,
    { changeId, taskId, baseCommit, headCommit, position }: ReconciliationInputEntity,
    spec: SandboxSpec,
    name: string,
    undone: readonly string[],
  ): Promise<TrialEntity> {
    // The reconciliation stands third: `stopUnwanted` reads it there.
    const key = ['reconciliation', VERSION, id, position, changeId, name].join('/');
    const [known] = await this.trials.byKeys([key]);
    if (known !== undefined) return known;
    const gitDir = this.stores.directory(repositoryId);
    const tree = await withPathsOf({ gitDir }, headCommit, baseCommit, new Set(undone));
    const message = 'A change without lines of it';
    const commit = await commitTree({ gitDir, tree, parents: [baseCommit], message, date });
    const checks = spec.checks.filter(({ advisory }) => !advisory);
    const [made] = await this.trials.request([
      { kind: 'RECONCILIATION', key, repositoryId, taskId, baseCommit, commit, spec, checks },
    ]);
    if (made === undefined) throw new Error('unreachable: a trial that is asked for is there');
    return made;
  }

  private async testsOf(
    repositoryId: string,
    input: ReconciliationInputEntity,
    inputs: readonly ReconciliationInputEntity[],
    { isTest }: TestPolicy,
  ): Promise<TouchedTests> {
    const touched = await this.files.of(repositoryId, input.baseCommit, input.headCommit);
    const others = new Set<string>();
    for (const { baseCommit, headCommit } of inputs.filter(({ position }) => position !== input.position))
      for (const file of await this.files.of(repositoryId, baseCommit, headCommit)) others.add(pathOf(file));
    const tests = touched.filter((file) => isTest(pathOf(file)));
    const gone = touched.flatMap(({ oldPath }) => (oldPath === undefined ? [] : [oldPath.toString('latin1')]));
    return {
      all: new Set([...tests.map(pathOf), ...gone.filter(isTest)]),
      own: new Set(
        tests
          .filter(({ status }) => status !== 'DELETED')
          .map(pathOf)
          .filter((path) => !others.has(path)),
      ),
    };
  }

  private async specOf({ changeId, attemptId: id }: ReconciliationInputEntity): Promise<SandboxSpec> {
    const { fence } = await this.dataSource.manager.findOneByOrFail(ChangeEntity, { id: changeId });
    return this.specs.getSandboxSpec({ owner: { kind: SandboxOwner_Kind.ATTEMPT, id, fence } });
  }
}

function pathOf({ path }: { readonly path: Buffer }): string {
  return path.toString('latin1');
}
