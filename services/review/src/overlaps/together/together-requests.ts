import { Inject, Injectable } from '@nestjs/common';
import { SandboxOwner_Kind, type SandboxSpec } from '@heddle/contracts/internal';
import { unionOfChecks } from '@heddle/domain';
import { commitTree, mergeInTurn, treeAttributes, withMergeDirectory } from '@heddle/git';
import type { ChangeEntity } from '../../changes/change.entity.js';
import { checksFromJson } from '../../changes/change.mapper.js';
import { holdsSecret } from '../../changes/secret-in-change.js';
import { GitStores } from '../../git-store/git-stores.js';
import { notGreen } from '../../landings/landing-request.js';
import { SANDBOX_SPECS, type SandboxSpecs } from '../../shared/tokens.js';
import type { TrialRequest } from '../../trials/trial.service.js';

interface Side {
  readonly change: ChangeEntity;
  readonly spec: SandboxSpec;
}

/** Of the keys: another rule of what is run is another question. */
const VERSION = 1;
/** After everything that somebody waits for. */
const PRIORITY = 5;

/** What has to be run to know whether two changes pass together. */
@Injectable()
export class TogetherRequests {
  constructor(
    private readonly stores: GitStores,
    @Inject(SANDBOX_SPECS) private readonly specs: SandboxSpecs,
  ) {}

  /**
   * The checks of both over both merged: a trial for each environment that they have, for a check that is run where it does not belong
   * would accuse anybody. A repeat makes the same commit and the same keys.
   * @returns none where nothing can be told: one is not green by itself, they do not merge, or nothing is checked
   */
  async of(a: ChangeEntity, b: ChangeEntity): Promise<TrialRequest[]> {
    if (holdsSecret(a) || holdsSecret(b)) return [];
    const sides = [await this.side(a), await this.side(b)];
    if (sides.some(({ change, spec }) => notGreen(change, spec, checksFromJson(change.checks)).length > 0)) return [];
    const groups = byEnvironment(sides);
    if (groups.length === 0) return [];
    const commit = await this.merge(a, b);
    if (commit === undefined) return [];
    const question = ['overlap', VERSION, a.id, a.headCommit, b.id, b.headCommit].join('/');
    return groups.map(({ spec, checks }, index) => ({
      kind: 'OVERLAP',
      key: `${question}/${String(index + 1)}`,
      repositoryId: a.repositoryId,
      batchId: a.batchId,
      baseCommit: a.baseCommit,
      commit,
      spec,
      checks,
      priority: PRIORITY,
    }));
  }

  private async side(change: ChangeEntity): Promise<Side> {
    const { attemptId: id, fence } = change;
    const spec = await this.specs.getSandboxSpec({ owner: { kind: SandboxOwner_Kind.ATTEMPT, id, fence } });
    return { change, spec };
  }

  /** Undefined where git does not merge them. */
  private async merge(a: ChangeEntity, b: ChangeEntity): Promise<string | undefined> {
    const gitDir = this.stores.directory(a.repositoryId);
    const attributes = await treeAttributes({ gitDir }, a.baseCommit);
    const date = a.createTime > b.createTime ? a.createTime : b.createTime;
    const { tree, turns } = await withMergeDirectory(
      { store: gitDir, commit: a.baseCommit, attributes, keepObjects: true },
      (at) => mergeInTurn(at, { onto: a.headCommit, heads: [b.headCommit], date }),
    );
    if (turns[0]?.outcome.clean !== true) return undefined;
    return commitTree({ gitDir, tree, parents: [a.headCommit, b.headCommit], message: 'Both together', date });
  }
}

function byEnvironment(sides: readonly Side[]): Pick<TrialRequest, 'spec' | 'checks'>[] {
  const groups = new Map<string, SandboxSpec[]>();
  for (const { spec } of sides) {
    const key = `${spec.environmentId} ${String(spec.environmentVersion)}`;
    groups.set(key, [...(groups.get(key) ?? []), spec]);
  }
  return [...groups.values()].flatMap((specs) => {
    const lists = specs.map((spec) => spec.checks.filter(({ advisory }) => !advisory));
    const checks = unionOfChecks(lists).map(({ check }) => check);
    const [spec] = specs;
    return spec === undefined || checks.length === 0 ? [] : [{ spec, checks }];
  });
}
