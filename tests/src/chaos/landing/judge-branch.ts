import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Landing } from '@heddle/sdk';
import { mergeTree } from '../../replay/history.js';
import { git } from '../../support/git/git.js';
import type { SampleRepository } from '../../support/git/sample-repository.js';
import type { ChaosPlan, ChaosTask } from './chaos-plan.js';

const run = promisify(execFile);

/** Why a landing may end without being landed, with what it has to say then. */
const REASONS: Readonly<Record<string, readonly string[]>> = {
  CONFLICTED: ['CONFLICT'],
  // CHECKS_NOT_RUN: its runner was killed again and again.
  EJECTED: ['CHECK_FAILED', 'INTERACTION', 'CHECKS_NOT_RUN'],
};

export interface PlayedTask {
  readonly task: ChaosTask;
  readonly landing: Landing;
}

/** What does not hold of a branch after its queue is empty, in words; nothing is what is asked for. */
export async function judgeBranch(
  origin: SampleRepository,
  base: string,
  { pairs }: ChaosPlan,
  played: readonly PlayedTask[],
): Promise<string[]> {
  const landed = played.filter(({ landing }) => landing.state === 'LANDED');
  const trailers = await origin.trailers('Heddle-Landing', origin.branch, base);
  const ids = landed.map(({ landing }) => landing.id);
  return [
    ...played.flatMap(({ task, landing }) => (isExplained(landing) ? [] : [`${task.name} is ${words(landing)}`])),
    ...(sorted(trailers) === sorted(ids)
      ? []
      : [`the branch has the landings ${sorted(trailers)}, landed are ${sorted(ids)}`]),
    ...(await judgeCommits(origin, base, landed)),
    ...(await judgeChecks(origin, landed)),
    ...judgeOutcomes(pairs, played),
  ];
}

/** The branch is the landed merges and nothing else, each of what git itself makes of its two parents. */
async function judgeCommits(origin: SampleRepository, base: string, landed: readonly PlayedTask[]): Promise<string[]> {
  const faults: string[] = [];
  const walk = ['rev-list', '--first-parent', '--parents', '--reverse', origin.branch, `^${base}`];
  const lines = (await git(origin.path, ...walk)).split('\n').filter((line) => line !== '');
  if (lines.length !== landed.length)
    faults.push(`${String(lines.length)} commits are on the branch, ${String(landed.length)} landings say so`);
  let before = base;
  for (const line of lines) {
    const [commit = '', onto = '', head = ''] = line.split(' ');
    const of = landed.find(({ landing }) => landing.landedCommit === commit);
    if (of === undefined) faults.push(`no landing says that it made ${commit}`);
    else if (of.landing.headCommit !== head) faults.push(`${of.task.name} landed as ${head}, not as it was approved`);
    if (onto !== before) faults.push(`${commit} is on ${onto}, not on ${before}`);
    const { tree, conflicts } = await mergeTree(origin.path, onto, head);
    const has = (await git(origin.path, 'rev-parse', `${commit}^{tree}`)).trim();
    if (conflicts.length > 0 || tree !== has) faults.push(`${commit} has the tree ${has}, by git it is ${tree}`);
    before = commit;
  }
  return faults;
}

/** The tip passes whatever any landed task asks for. */
async function judgeChecks(origin: SampleRepository, landed: readonly PlayedTask[]): Promise<string[]> {
  const tip = await mkdtemp(join(dirname(origin.path), 'tip-'));
  try {
    await git(tip, 'clone', '--quiet', '--shared', `--branch=${origin.branch}`, origin.path, '.');
    const faults: string[] = [];
    for (const { task } of landed) {
      for (const { name, script } of task.checks) {
        const isGreen = await run('sh', ['-c', script], { cwd: tip }).then(
          () => true,
          () => false,
        );
        if (!isGreen) faults.push(`the tip does not pass the check ${name} of ${task.name}, which landed: ${script}`);
      }
    }
    return faults;
  } finally {
    await rm(tip, { recursive: true, force: true });
  }
}

/** Nobody falls out for nothing: of two that get on both land, of two that don't one does, and who has no part lands. */
function judgeOutcomes(pairs: ChaosPlan['pairs'], played: readonly PlayedTask[]): string[] {
  const byName = new Map(played.map(({ task, landing }) => [task.name, landing]));
  const paired = new Set(pairs.flatMap(({ tasks }) => tasks));
  const lone = played.filter(({ task }) => !paired.has(task.name));
  const groups = [
    ...pairs.map(({ tasks, landing }) => ({ tasks: [...tasks], landed: landing === 'BOTH' ? 2 : 1 })),
    ...lone.map(({ task }) => ({ tasks: [task.name], landed: 1 })),
  ];
  return groups.flatMap(({ tasks, landed }) => {
    const landings = tasks.flatMap((name) => byName.get(name) ?? []);
    if (landings.some(({ reason }) => reason === 'CHECKS_NOT_RUN')) return [];
    const count = landings.filter(({ state }) => state === 'LANDED').length;
    if (count === landed) return [];
    return [`of ${tasks.join(' and ')} ${String(count)} landed: ${landings.map(words).join('; ')}`];
  });
}

function isExplained({ state, reason, conflictPaths }: Landing): boolean {
  if (state === 'LANDED') return true;
  return REASONS[state]?.includes(reason) === true && (state !== 'CONFLICTED' || conflictPaths.length > 0);
}

const words = ({ state, reason, message }: Landing): string => `${state} ${reason} ${message}`.trim();
const sorted = (ids: readonly string[]): string => [...ids].sort().join(' ');
