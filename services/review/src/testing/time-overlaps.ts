import { createInterface } from 'node:readline';
import { resourceKind } from '@heddle/domain';
import { treeOf } from '@heddle/git';
import { ChangeFiles } from '../changes/change-files.js';
import type { GitStores } from '../git-store/git-stores.js';
import { ChangeAnalysis, type Head } from '../overlaps/change-analysis.js';
import { PairComparison } from '../overlaps/pair-comparison.js';
import type { ResourceKinds } from '../resources/resource-kinds.js';

/**
 * Times the overlap graph without rows: `time-overlaps <git directory> <base> <count>`, heads as lines on standard input. The first
 * `count` are compared with each other, then each further one with all but one of them. Prints
 * `{"graphMs","incrementsMs":[…],"levels":{"TEXTUAL":…}}`.
 */
async function main([gitDir = '', base = '', count = '0']: readonly string[]): Promise<void> {
  const stores = { directory: () => gitDir } as unknown as GitStores;
  const analysis = new ChangeAnalysis(stores, new ChangeFiles(stores));
  const resources = { of: () => Promise.resolve({ kindOf: resourceKind, revision: '0' }) } as unknown as ResourceKinds;
  const comparison = new PairComparison(stores, analysis, resources);
  const heads: Head[] = [];
  for await (const commit of createInterface({ input: process.stdin })) {
    heads.push({ repositoryId: 'timed', baseCommit: base, commit, treeId: await treeOf({ gitDir }, commit) });
  }
  const first = heads.slice(0, Number(count));
  const levels: Record<string, number> = {};
  const pairs = first.flatMap((a, index) => first.slice(index + 1).map((b) => [a, b] as const));
  const started = performance.now();
  for (const { level } of await comparison.compare(pairs)) levels[level] = (levels[level] ?? 0) + 1;
  const graphMs = performance.now() - started;
  const incrementsMs: number[] = [];
  for (const head of heads.slice(first.length)) {
    const at = performance.now();
    await comparison.compare(first.slice(1).map((other) => [head, other] as const));
    incrementsMs.push(performance.now() - at);
  }
  process.stdout.write(`${JSON.stringify({ graphMs, incrementsMs, levels })}\n`);
  analysis.beforeApplicationShutdown();
}

await main(process.argv.slice(2));
