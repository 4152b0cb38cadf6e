import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Landing } from '@heddle/sdk';
import { useTemporaryDirectories } from '@heddle/testing';
import { mergeTree } from '../../replay/history.js';
import { git } from '../../support/git/git.js';
import { SampleRepository } from '../../support/git/sample-repository.js';
import { judgeBranch, type PlayedTask } from './judge-branch.js';

const temporary = useTemporaryDirectories();

describe('what is said of a branch after its queue is empty', () => {
  let origin: SampleRepository;
  let base: string;
  let tip: string;
  beforeEach(async () => {
    origin = await SampleRepository.make(join(await temporary('judged'), 'git'), { 'base.txt': 'base\n' });
    base = await origin.head();
    tip = base;
  });

  /** A change that adds a file and asks that it is there. */
  async function approved(name: string): Promise<PlayedTask> {
    const blob = (await git(origin.path, 'hash-object', '-w', join(origin.path, 'HEAD'))).trim();
    await git(origin.path, 'read-tree', base);
    await git(origin.path, 'update-index', '--add', '--cacheinfo', `100644,${blob},${name}`);
    const tree = (await git(origin.path, 'write-tree')).trim();
    const headCommit = (await git(origin.path, 'commit-tree', tree, '-p', base, '-m', name)).trim();
    const task = { name, edits: {}, checks: [{ name: 'keeps', script: `test -e ${name}` }] };
    return { task, landing: { id: `landing-of-${name}`, headCommit, state: 'APPROVED' } as unknown as Landing };
  }

  /** Merged onto the branch as a landing does, or with another tree. */
  async function landed({ task, landing }: PlayedTask, otherTree?: string): Promise<PlayedTask> {
    const { tree } = await mergeTree(origin.path, tip, landing.headCommit);
    const parents = ['-p', tip, '-p', landing.headCommit];
    const message = ['-m', task.name, '-m', `Heddle-Landing: ${landing.id}`];
    tip = (await git(origin.path, 'commit-tree', otherTree ?? tree, ...parents, ...message)).trim();
    await git(origin.path, 'update-ref', `refs/heads/${origin.branch}`, tip);
    return { task, landing: { ...landing, state: 'LANDED', landedCommit: tip } };
  }

  const judged = (...played: PlayedTask[]): Promise<string[]> =>
    judgeBranch(origin, base, { base: {}, tasks: [], pairs: [] }, played);

  it('is nothing where each has landed once', async () => {
    expect(await judged(await landed(await approved('a')), await landed(await approved('b')))).toEqual([]);
  });

  it('is that one is lost, where a landing says what the branch does not', async () => {
    const a = await landed(await approved('a'));
    const { task, landing } = await approved('b');
    const lost: PlayedTask = { task, landing: { ...landing, state: 'LANDED', landedCommit: landing.headCommit } };
    expect(await judged(a, lost)).toEqual([
      'the branch has the landings landing-of-a, landed are landing-of-a landing-of-b',
      '1 commits are on the branch, 2 landings say so',
      'the tip does not pass the check keeps of b, which landed: test -e b',
    ]);
  });

  it('is that one landed twice, where the branch has it twice', async () => {
    const a = await approved('a');
    await landed(a);
    const again = await landed(a);
    expect(await judged(again)).toEqual([
      'the branch has the landings landing-of-a landing-of-a, landed are landing-of-a',
      '2 commits are on the branch, 1 landings say so',
      expect.stringMatching(/^no landing says that it made [0-9a-f]{40}$/),
    ]);
  });

  it('is that a commit is no merge of its parents, and that one that waits has no end', async () => {
    const a = await landed(await approved('a'), (await git(origin.path, 'rev-parse', `${base}^{tree}`)).trim());
    const [tree, check] = await judged(a);
    expect(tree).toMatch(/has the tree [0-9a-f]{40}, by git it is [0-9a-f]{40}$/);
    expect(check).toBe('the tip does not pass the check keeps of a, which landed: test -e a');
    expect(await judged(await approved('b'))).toContain('b is APPROVED undefined undefined');
  });
});
