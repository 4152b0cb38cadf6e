import { Inject, Injectable } from '@nestjs/common';
import { Check, CheckResult_State, type CheckResult } from '@heddle/contracts';
import { isTrialEnded, type CrossOutcome, type CrossTestFacts } from '@heddle/domain';
import { commitTree, showPath, writeTree, type ChangedFile, type TreeEdit } from '@heddle/git';
import { checksFromJson } from '../changes/change.mapper.js';
import type { ChangeEntity } from '../changes/change.entity.js';
import type { ReviewConfig } from '../config.js';
import { GitStores } from '../git-store/git-stores.js';
import { CONFIG } from '../shared/tokens.js';
import type { TrialEntity } from '../trials/trial.entity.js';
import { TrialService, type TrialRequest } from '../trials/trial.service.js';
import type { Sibling, Siblings } from './siblings.service.js';
import type { TestRun } from './test-policy.js';

/** The tests of one attempt over one tree: its task's base, or the work of another attempt. */
interface CrossRun {
  readonly key: string;
  readonly author: ChangeEntity;
  readonly tests: readonly ChangedFile[];
  /** Of the author's tests, what can be run by itself. */
  readonly files: readonly string[];
  /** Undefined: the base. */
  readonly target: ChangeEntity | undefined;
}

export interface CrossPlan {
  readonly runs: readonly CrossRun[];
  /** More runs would have been of use. */
  readonly isCut: boolean;
  readonly run: TestRun;
}

export interface CrossResults {
  readonly tests: readonly CrossTestFacts[];
  /** Runs that have not ended, or not begun. */
  readonly pending: number;
}

const MAX_FILES = 20;
const TEST_TIMEOUT = { seconds: '120', nanos: 0 };
/** Of the keys: another rule of what is run is another question. */
const VERSION = 1;

/** Runs tests that attempts wrote over the work of the others, each pair in a sandbox of its own. */
@Injectable()
export class CrossTestsService {
  constructor(
    private readonly stores: GitStores,
    private readonly trials: TrialService,
    @Inject(CONFIG) private readonly config: ReviewConfig,
  ) {}

  /**
   * @param passing attempts that pass the gates; of those whose work is the same one stands for all
   * @returns undefined where the environment does not say how a test is run
   */
  plan({ policy }: Siblings, passing: readonly Sibling[]): CrossPlan | undefined {
    if (policy?.run === undefined) return undefined;
    const solutions = new Map<string, Sibling[]>();
    for (const sibling of passing) {
      const solution = sibling.work?.solution ?? '';
      solutions.set(solution, [...(solutions.get(solution) ?? []), sibling]);
    }
    const rows = passing.map(({ attempt, change: author, work }): CrossRun[] => {
      if (author === undefined || work === undefined || passing.length < 2) return [];
      const files = runnable(work.tests, policy.isTest);
      if (files.length === 0) return [];
      const others = [...solutions.values()].flatMap(
        (members) => members.find((member) => member.attempt.id !== attempt.id)?.change ?? [],
      );
      return [undefined, ...others].map((target) => ({
        key: ['cross', VERSION, ...[author, target].flatMap(nameOf)].join('/'),
        author,
        tests: work.tests.filter((file) => policy.isTest(file.path.toString('latin1'))),
        files,
        target,
      }));
    });
    // All of an author's tests or none: a test that ran over some of the others would weigh on those alone.
    const runs: CrossRun[] = [];
    const within = rows.filter((row) => {
      if (runs.length + row.length > this.config.HEDDLE_RANKING_TRIALS) return false;
      runs.push(...row);
      return true;
    });
    return { runs, isCut: within.length < rows.length, run: policy.run };
  }

  /** Asks for the runs that nobody has asked for yet. */
  async request({ spec }: Siblings, { runs, run }: CrossPlan): Promise<void> {
    if (spec === undefined) return;
    const known = new Set((await this.trials.byKeys(runs.map(({ key }) => key))).map(({ key }) => key));
    const requests: TrialRequest[] = [];
    for (const each of runs.filter(({ key }) => !known.has(key))) {
      const { author, key, files } = each;
      requests.push({
        kind: 'CROSS_TEST',
        key,
        repositoryId: author.repositoryId,
        batchId: author.batchId,
        taskId: author.taskId,
        baseCommit: author.baseCommit,
        commit: await this.treeOf(each),
        spec,
        checks: files.flatMap((path, index) => checksOf(run, path, index)),
      });
    }
    await this.trials.request(requests);
  }

  async results({ runs, run }: CrossPlan): Promise<CrossResults> {
    const rows = new Map((await this.trials.byKeys(runs.map(({ key }) => key))).map((row) => [row.key, row]));
    const tests = new Map<string, CrossTestFacts & { base: CrossOutcome; results: Map<string, CrossOutcome> }>();
    for (const { key, author, files, target } of runs) {
      const outcomes = outcomesOf(rows.get(key), files, run);
      files.forEach((path, index) => {
        const id = `${author.attemptId} ${path}`;
        const outcome = outcomes[index] ?? 'NOT_RUN';
        const test = tests.get(id) ?? { author: author.attemptId, path, base: 'PENDING', results: new Map() };
        if (target === undefined) test.base = outcome;
        else test.results.set(target.attemptId, outcome);
        tests.set(id, test);
      });
    }
    const pending = runs.filter(({ key }) => !isTrialEnded(rows.get(key)?.state ?? 'QUEUED')).length;
    return { tests: [...tests.values()], pending };
  }

  /** The target with the author's tests in the place of its own; nothing else of the author's. */
  private async treeOf({ author, tests, target }: CrossRun): Promise<string> {
    const gitDir = this.stores.directory(author.repositoryId);
    const over = target?.headCommit ?? author.baseCommit;
    const tree = await writeTree({ gitDir, base: over, edits: tests.flatMap(editsOf) });
    // The change's date, not the clock's: a repeat of this step makes the same commit.
    return commitTree({ gitDir, tree, parents: [over], message: 'Foreign tests', date: author.createTime });
  }
}

function editsOf({ status, path, mode, id }: ChangedFile): TreeEdit[] {
  if (status === 'DELETED') return [{ kind: 'remove', path }];
  if (id === undefined || !isFileMode(mode)) return [];
  return [{ kind: 'put', path, mode, id }];
}

function isFileMode(mode: string | undefined): mode is '100644' | '100755' {
  return mode === '100644' || mode === '100755';
}

/** Regular files by names that can be an argument. */
function runnable(tests: readonly ChangedFile[], isTest: (path: string) => boolean): string[] {
  return tests
    .filter(({ status, mode, path }) => status !== 'DELETED' && isFileMode(mode) && isTest(path.toString('latin1')))
    .map(({ path }) => showPath(path))
    .filter(({ pathBytes }) => pathBytes === undefined)
    .map(({ path }) => path)
    .sort()
    .slice(0, MAX_FILES);
}

/** A name that an agent chose is never an option. */
function withFile(command: readonly string[], path: string): string[] {
  const argument = path.startsWith('-') ? `./${path}` : path;
  return command.map((word) => (word === '{files}' ? argument : word));
}

function checksOf({ command, loadCommand }: TestRun, path: string, index: number): Check[] {
  const check = (name: string, words: readonly string[]): Check =>
    Check.fromPartial({
      name: `${name}/${String(index + 1)}`,
      command: withFile(words, path),
      timeout: TEST_TIMEOUT,
      advisory: true,
    });
  return [...(loadCommand.length === 0 ? [] : [check('load', loadCommand)]), check('test', command)];
}

function outcomesOf(row: TrialEntity | undefined, files: readonly string[], run: TestRun): CrossOutcome[] {
  if (row === undefined || !isTrialEnded(row.state)) return files.map(() => 'PENDING');
  if (row.state !== 'RAN') return files.map(() => 'NOT_RUN');
  const results = new Map(checksFromJson(row.results).map((result) => [result.name, result]));
  return files.map((_, index) => {
    const said = (name: string): CheckResult | undefined => results.get(`${name}/${String(index + 1)}`);
    return outcomeOf(said('test'), said('load'), run.loadCommand.length > 0);
  });
}

/** Where nobody can tell whether a test loads, one that fails says nothing. */
function outcomeOf(test: CheckResult | undefined, load: CheckResult | undefined, isLoadKnown: boolean): CrossOutcome {
  if (load?.state === CheckResult_State.FAILED) return 'NOT_LOADED';
  if (test?.statusDetail === 'CHECK_COMMAND_NOT_RUNNABLE') return 'NOT_RUN';
  if (test?.state === CheckResult_State.PASSED) return 'PASSED';
  if (test?.state !== CheckResult_State.FAILED) return 'NOT_RUN';
  return isLoadKnown ? 'FAILED' : 'NOT_LOADED';
}

function nameOf(change: ChangeEntity | undefined): string[] {
  return change === undefined ? ['base'] : [change.attemptId, change.headCommit];
}
