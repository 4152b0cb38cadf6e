import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askObject } from './object-queries.js';
import { runGit } from './run-git.js';

describe('questions about objects', () => {
  let gitDir: string;
  beforeEach(async () => {
    gitDir = await mkdtemp(join(tmpdir(), 'heddle-queries-'));
    await runGit(['init', '--quiet', '--bare', gitDir], {});
  });
  afterEach(() => rm(gitDir, { recursive: true, force: true }));

  const store = async (input: string): Promise<string> =>
    (await runGit(['hash-object', '-w', '--stdin'], { gitDir, input })).stdout.toString('utf8').trim();

  it('are answered in their order, with content of any size, also for what was stored a moment ago', async () => {
    const small = await store('small\n');
    expect(await askObject({ gitDir }, small, true)).toMatchObject({ type: 'blob', size: 6 });
    const large = 'large\n\n'.repeat(200_000);
    const id = await store(large);
    await runGit(['update-ref', 'refs/tags/large', id], { gitDir });
    const answers = await Promise.all([
      askObject({ gitDir }, 'refs/tags/large', true),
      askObject({ gitDir }, 'refs/tags/none', true),
      askObject({ gitDir }, id, false),
      askObject({ gitDir }, '', false),
      askObject({ gitDir }, small, true),
    ]);
    expect(answers[0]?.content.toString()).toBe(large);
    expect(answers[1]).toBeUndefined();
    expect(answers[2]).toMatchObject({ id, size: large.length });
    expect(answers[3]).toBeUndefined();
    expect(answers[4]?.content.toString()).toBe('small\n');
  });

  it('fail all together where there is no store, and are asked anew afterwards', async () => {
    const nowhere = { gitDir: join(gitDir, 'nowhere') };
    const asked = [askObject(nowhere, 'HEAD', false), askObject(nowhere, 'HEAD', false)];
    for (const question of asked) await expect(question).rejects.toMatchObject({ kind: 'exit' });
    await runGit(['init', '--quiet', '--bare', nowhere.gitDir], {});
    expect(await askObject(nowhere, 'HEAD', false)).toBeUndefined();
  });

  it('are not mixed up by a line break in a name', async () => {
    await expect(askObject({ gitDir }, 'HEAD\ninfo HEAD', false)).rejects.toThrow('line break');
  });
});
