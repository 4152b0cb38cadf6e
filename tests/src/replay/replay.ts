import { join } from 'node:path';
import type { Attempt, Change, HeddleClient, OverlapPair } from '@heddle/sdk';
import { git } from '../support/git/git.js';
import { mergeInOrder, mergeTree, readHistory, type History, type Pick } from './history.js';

export interface ReplayOptions {
  readonly client: HeddleClient;
  /** A repository of this host with the history. It is only read. */
  readonly source: string;
  /** Revision that all tasks start at. */
  readonly base: string;
  /** The history's end. */
  readonly tip?: string;
  readonly count: number;
  /** Room for repositories, which the platform's processes can read. */
  readonly directory: string;
  readonly say?: (line: string) => void;
}

export interface ReplayReport {
  readonly history: History;
  readonly pairs: number;
  readonly conflicting: number;
  readonly landed: number;
  /** Where the platform and git are not of one mind; none is what is asked for. */
  readonly differences: readonly string[];
}

const BEGIN = '-----BEGIN PATCH-----';
const END = '-----END PATCH-----';
const APPLY = `sed -n '/^${BEGIN}$/,/^${END}$/p' "$HEDDLE_PROMPT_FILE" | sed '1d;$d' | base64 -d | gunzip | git apply --binary --whitespace=nowarn`;

/**
 * Gives each commit of a history to the platform as a task on one base, lands all of them in their order, and compares
 * with git: each tree, each pair, who was accepted, and the branch at the end.
 */
export async function replay(options: ReplayOptions): Promise<ReplayReport> {
  const { client, directory, say = () => undefined } = options;
  const scratch = join(directory, 'replay.git');
  await copyHistory(options, scratch);
  const base = (await git(scratch, 'rev-parse', '--verify', `${options.base}^{commit}`)).trim();
  const history = await readHistory(scratch, base, options.count);
  say(`${String(history.picks.length)} commits are re-applied on ${base.slice(0, 12)}`);
  if (history.picks.length < 2) throw new Error('There are fewer than two commits after the base that can be tasks');
  const target = join(directory, 'target.git');
  await git(
    directory,
    'clone',
    '--quiet',
    '--bare',
    '--no-local',
    '--no-tags',
    '--single-branch',
    '--branch=base',
    scratch,
    target,
  );
  await git(target, 'branch', '--quiet', '-m', 'base', 'main');
  await git(target, 'symbolic-ref', 'HEAD', 'refs/heads/main');

  const differences: string[] = [];
  const changes = await runTasks(client, target, history, differences);
  say(`${String(changes.size)} changes are captured`);
  const { pairs, conflicting } = await comparePairs(client, scratch, history, changes, differences);
  say(`${String(pairs)} pairs are compared, ${String(conflicting)} of them conflict`);
  const landed = await landInOrder(client, history, changes);
  say(`${String(landed.length)} landed`);

  const expected = await mergeInOrder(scratch, base, history.picks);
  differences.push(
    ...expected.accepted
      .filter((source) => !landed.includes(source))
      .map((source) => `${source}: git accepts it, it did not land`),
    ...landed
      .filter((source) => !expected.accepted.includes(source))
      .map((source) => `${source}: landed, git does not accept it`),
  );
  const tree = (await git(target, 'rev-parse', 'main^{tree}')).trim();
  if (tree !== expected.tree) differences.push(`the branch's tree is ${tree}, by git it is ${expected.tree}`);
  return { history, pairs, conflicting, landed: landed.length, differences };
}

/** @throws Error in words where there is no such repository or commit */
export async function commitOf(repository: string, revision: string): Promise<string> {
  try {
    return (await git(repository, 'rev-parse', '--verify', '--end-of-options', `${revision}^{commit}`)).trim();
  } catch (cause) {
    throw new Error(`${revision} is no commit of a repository at ${repository}`, { cause });
  }
}

async function copyHistory({ source, base, tip = 'HEAD', directory }: ReplayOptions, scratch: string): Promise<void> {
  const [from, to] = await Promise.all([commitOf(source, base), commitOf(source, tip)]);
  await git(directory, 'init', '--quiet', '--bare', scratch);
  const objects = await git(source, 'rev-parse', '--path-format=absolute', '--git-path', 'objects');
  await git(
    scratch,
    'fetch',
    '--quiet',
    '--no-tags',
    join(objects.trim(), '..'),
    `${to}:refs/heads/source`,
    `${from}:refs/heads/base`,
  );
}

async function runTasks(
  client: HeddleClient,
  target: string,
  { base, picks }: History,
  differences: string[],
): Promise<Map<string, Change>> {
  const repository = await client.repositories.create({ name: `replay-${base.slice(0, 12)}`, url: target });
  const batch = await client.batches.create({
    repositoryId: repository.id,
    tasks: picks.map((pick) => ({
      title: pick.subject,
      prompt: `Apply this patch:\n${BEGIN}\n${folded(pick.patch)}\n${END}\n`,
      agent: { kind: 'COMMAND', command: ['bash', '-o', 'pipefail', '-c', APPLY] },
    })),
  });
  const { tasks } = await client.batches.wait(batch.id);
  const changes = new Map<string, Change>();
  for (const [index, pick] of picks.entries()) {
    const change = await changeOf(client, pick, tasks[index]?.attempts[0]);
    changes.set(pick.source, change);
    if (change.treeId !== pick.tree)
      differences.push(`${pick.source}: its tree is ${change.treeId}, by git it is ${pick.tree}`);
  }
  return changes;
}

async function changeOf(client: HeddleClient, pick: Pick, attempt: Attempt | undefined): Promise<Change> {
  if (attempt?.state !== 'COMPLETED' || attempt.changeId === undefined)
    throw new Error(`${pick.source} was not applied: ${JSON.stringify(attempt)}`);
  return client.changes.getById(attempt.changeId);
}

async function comparePairs(
  client: HeddleClient,
  scratch: string,
  { picks }: History,
  changes: ReadonlyMap<string, Change>,
  differences: string[],
): Promise<{ pairs: number; conflicting: number }> {
  const batchId = [...changes.values()][0]?.batchId ?? '';
  const report = await client.overlaps.wait({ batchId });
  const known = new Map(report.pairs.map((pair) => [pairKey(pair.changeIds), pair]));
  const idOf = (pick: Pick): string => changes.get(pick.source)?.id ?? '';
  let pairs = 0;
  let conflicting = 0;
  for (const [index, a] of picks.entries()) {
    for (const b of picks.slice(index + 1)) {
      pairs += 1;
      const { conflicts } = await mergeTree(scratch, a.commit, b.commit);
      if (conflicts.length > 0) conflicting += 1;
      const found = textual(known.get(pairKey([idOf(a), idOf(b)])));
      if (found.join('\0') !== conflicts.join('\0'))
        differences.push(
          `${a.source} and ${b.source}: git says ${listed(conflicts)}, the overlaps say ${listed(found)}`,
        );
    }
  }
  return { pairs, conflicting };
}

/** The paths that conflict, by the platform. */
function textual(pair: OverlapPair | undefined): string[] {
  const paths = (pair?.evidence ?? []).filter(({ level }) => level === 'TEXTUAL').map(({ path }) => path);
  return [...new Set(paths)].sort();
}

async function landInOrder(
  client: HeddleClient,
  { picks }: History,
  changes: ReadonlyMap<string, Change>,
): Promise<string[]> {
  const queued: { source: string; id: string }[] = [];
  for (const { source } of picks) {
    const { id: changeId, headCommit } = changes.get(source) as Change;
    await client.changes.createVerdict(changeId, { verdict: 'APPROVE', headCommit });
    queued.push({ source, id: (await client.landings.create({ changeId, headCommit })).id });
  }
  const landed: string[] = [];
  for (const { source, id } of queued) {
    const { state, reason, message } = await client.landings.wait(id);
    if (state === 'LANDED') landed.push(source);
    else if (state !== 'CONFLICTED') throw new Error(`${source} is ${state}: ${reason} ${message}`);
  }
  return landed;
}

const pairKey = (ids: readonly string[]): string => [...ids].sort().join(' ');
const listed = (paths: readonly string[]): string => (paths.length === 0 ? 'clean' : paths.join(', '));
const folded = (text: string): string => (text.match(/.{1,76}/g) ?? []).join('\n');
