import { Injectable } from '@nestjs/common';
import { areApart, mergeMany, treeAttributes, withMergeDirectory } from '@heddle/git';
import { GitStores } from '../git-store/git-stores.js';
import { ResourceKinds, type RepositoryResources } from '../resources/resource-kinds.js';
import { LruCache } from '../shared/lru-cache.js';
import { ChangeAnalysis, type Head } from './change-analysis.js';
import type { ChangeFacts } from './change-facts.js';
import { judgePair, type PairFinding, type PairSide } from './judge-pair.js';

const ANALYSED_AT_ONCE = 4;

/** Compares pairs of heads of one repository and one base: their merges in one git process, and what each of them does. */
@Injectable()
export class PairComparison {
  private readonly attributes = new LruCache<Buffer>(64);

  constructor(
    private readonly stores: GitStores,
    private readonly analysis: ChangeAnalysis,
    private readonly resources: ResourceKinds,
  ) {}

  /** @returns a finding for each pair, in their order */
  async compare(pairs: readonly (readonly [Head, Head])[]): Promise<PairFinding[]> {
    const [first] = pairs;
    if (first === undefined) return [];
    const { repositoryId, baseCommit } = first[0];
    const store = this.stores.directory(repositoryId);
    const resources = await this.resources.of(repositoryId);
    const sides = await this.sides(pairs.flat(), resources);
    const findings: PairFinding[] = [];
    const toMerge: { index: number; a: PairSide; b: PairSide }[] = [];
    for (const [index, heads] of pairs.entries()) {
      const [a, b] = heads.map(({ commit }) => sides.get(commit));
      if (a === undefined || b === undefined) continue;
      if (isApart(baseCommit, a, b)) findings[index] = judgePair(a, b, 'apart', resources.kindOf);
      else toMerge.push({ index, a, b });
    }
    if (toMerge.length === 0) return findings;
    const attributes = await this.attributes.get(`${repositoryId} ${baseCommit}`, () =>
      treeAttributes({ gitDir: store }, baseCommit),
    );
    await withMergeDirectory({ store, commit: baseCommit, attributes, keepObjects: false }, (at) =>
      mergeMany(
        at,
        toMerge.map(({ a, b }) => [a.commit, b.commit] as const),
        (asked, outcome) => {
          const pair = toMerge[asked];
          if (pair !== undefined) findings[pair.index] = judgePair(pair.a, pair.b, outcome, resources.kindOf);
        },
      ),
    );
    return findings;
  }

  private async sides(heads: readonly Head[], resources: RepositoryResources): Promise<Map<string, PairSide>> {
    const known = new Map(heads.map((head) => [head.commit, head]));
    const facts = new Map<string, ChangeFacts>();
    const open = [...known.values()];
    for (let start = 0; start < open.length; start += ANALYSED_AT_ONCE) {
      const part = open.slice(start, start + ANALYSED_AT_ONCE);
      for (const found of await Promise.all(part.map((head) => this.analysis.of(head, resources))))
        facts.set(found.commit, found);
    }
    const broken = brokenNames([...facts.values()]);
    const sides = new Map<string, PairSide>();
    for (const head of open) {
      const of = facts.get(head.commit);
      if (of !== undefined) sides.set(head.commit, { ...of, uses: await this.analysis.uses(head, of, broken) });
    }
    return sides;
  }
}

/** Git merges on the newest commit that both come from: only where that is their base do their files say all. */
function isApart(base: string, a: PairSide, b: PairSide): boolean {
  const isDirect = [a, b].some(({ parents }) => parents.length === 1 && parents[0] === base);
  return isDirect && areApart(a.footprint, b.footprint);
}

/** By language family, what some change breaks: the only names whose new uses matter. */
function brokenNames(facts: readonly ChangeFacts[]): Map<string, Set<string>> {
  const names = new Map<string, Set<string>>();
  for (const { family, entities } of facts.flatMap(({ files }) => files)) {
    if (family === undefined) continue;
    const known = names.get(family) ?? new Set();
    names.set(family, known);
    for (const { name } of entities?.broken ?? []) known.add(name);
  }
  return names;
}
