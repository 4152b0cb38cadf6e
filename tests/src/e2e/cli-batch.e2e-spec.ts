import { beforeAll, describe, expect, it } from '@jest/globals';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Attempt, Batch, Change, Landing, OverlapPair, Repository, Task, Verdict } from '@heddle/sdk';
import { Cli, type CliResult } from '../support/doors/cli.js';
import { git } from '../support/git/git.js';
import { SampleRepository } from '../support/git/sample-repository.js';
import { usePlatform } from '../support/platform/use-platform.js';
import { bashTask, gated, writing } from '../support/work/agents.js';
import { anythingOf } from '../support/work/gates.js';
import { attemptsOf } from '../support/work/launch.js';
import { untilPrinted } from '../support/work/log-reader.js';
import { FEATURE, FIX, REGRESSION_TESTS, SHOP, SUITE_CHECK } from '../support/work/shop.js';

const ANSI = /\u001b\[/;
const platform = usePlatform();

describe('three tasks by the command line, from a clone to the branch', () => {
  let cli: Cli;
  let home: string;
  let work: string;
  let base: string;
  let origin: SampleRepository;
  let batch: Batch;
  let watched: CliResult;

  const inWork = (...args: string[]): Promise<CliResult> => cli.run(args, { cwd: work });
  const attempt = (index: number): Attempt => {
    const found = attemptsOf(batch)[index];
    if (found === undefined) throw new Error(`There is no task ${String(index)}`);
    return found;
  };

  beforeAll(async () => {
    cli = new Cli({ HEDDLE_DATA_DIR: platform.dataDirectory });
    origin = await SampleRepository.make(platform.scratch, SHOP);
    home = join(platform.scratch, 'home');
    work = join(home, 'shop');
    await mkdir(home, { recursive: true });
    await git(home, 'clone', '--quiet', origin.path, work);
    base = (await git(work, 'rev-parse', 'HEAD')).trim();
    await inWork('repo', 'add', '.');
    const tasks = [FEATURE, REGRESSION_TESTS, FIX].map((files, index) =>
      bashTask(`Task ${String(index + 1)}`, `echo weaving\n${writing(files)}`, { checks: [SUITE_CHECK] }),
    );
    // JSON is YAML.
    await writeFile(join(home, 'tasks.yaml'), JSON.stringify({ brief: 'Small steps.', tasks }, undefined, 2));
    batch = await cli.json<Batch>(['batch', 'create', '-f', join(home, 'tasks.yaml')], { cwd: work });
    watched = await inWork('watch', batch.id);
    batch = await cli.json<Batch>(['batch', 'show', batch.id], { cwd: work });
  });

  it('has registered the directory that it stands in', async () => {
    const { repositories } = await cli.json<{ repositories: Repository[] }>(['repo', 'ls'], { cwd: work });
    expect(repositories).toMatchObject([{ name: 'shop', url: work, state: 'ACTIVE', defaultBranch: 'main' }]);
  });

  it('has watched the batch to its end, without colours in a pipe', () => {
    expect(watched.code).toBe(0);
    expect(watched.stdout).toContain('COMPLETED');
    expect(watched.stdout).not.toMatch(ANSI);
    expect(batch).toMatchObject({ state: 'COMPLETED', baseCommit: base });
  });

  it('shows what is going on', async () => {
    const shown = await inWork('status');
    expect(shown).toMatchObject({ code: 0 });
    expect(shown.stdout).toContain(platform.running.runJson.url);
  });

  it('prints the log as the agent printed it', async () => {
    const shown = await inWork('logs', attempt(0).id);
    expect(shown.code).toBe(0);
    expect(shown.stdout.split('\n')).toContain('weaving');
  });

  it('writes a patch that git applies', async () => {
    const patch = await inWork('diff', attempt(0).id);
    expect(patch.code).toBe(0);
    expect(await origin.applied(base, patch.stdout)).toBe((await origin.expected(base, FEATURE)).treeId);
    const stat = await cli.json<{ stats: Change['stats'] }>(['diff', '--stat', attempt(0).id], { cwd: work });
    expect(stat.stats).toEqual({ files: 2, additions: 9, deletions: 2 });
  });

  it('names the overlap and its file', async () => {
    const { pairs } = await cli.json<{ pairs: OverlapPair[] }>(['overlaps', batch.id], { cwd: work });
    expect(pairs).toMatchObject([{ level: 'TEXTUAL', paths: ['src/cart.js'] }]);
    const shown = await inWork('overlaps', batch.id);
    expect(shown.stdout).toContain('TEXTUAL');
    expect(shown.stdout).toContain('src/cart.js');
  });

  it('refuses to land what is not approved, with the reason and its own exit code', async () => {
    const refused = await inWork('land', attempt(0).id, '--json');
    expect(refused.code).toBe(3);
    expect(JSON.parse(refused.stderr)).toMatchObject({ error: { reason: 'APPROVAL_MISSING' } });
  });

  it('approves, lands in order and tells by the exit code that one conflicted', async () => {
    const ids = [0, 1, 2].map((index) => attempt(index).id);
    const { verdicts } = await cli.json<{ verdicts: Verdict[] }>(['approve', ...ids], { cwd: work });
    expect(verdicts).toMatchObject(ids.map(() => ({ verdict: 'APPROVE' })));
    const { landings } = await cli.json<{ landings: Landing[] }>(['land', ...ids], { cwd: work }, 1);
    expect(landings.map(({ state }) => state)).toEqual(['LANDED', 'LANDED', 'CONFLICTED']);
    expect(landings[2]?.conflictPaths).toEqual(['src/cart.js']);
    const shown = await inWork('landing', 'ls');
    expect(shown.stdout).toContain('CONFLICTED');
  });

  it('has brought the clean clone to the landed state, work tree and all', async () => {
    expect(await git(work, 'status', '--porcelain')).toBe('');
    const expected = await origin.expected(base, { ...FEATURE, ...REGRESSION_TESTS });
    expect((await git(work, 'rev-parse', 'main^{tree}')).trim()).toBe(expected.treeId);
    expect(await readFile(join(work, 'src/cart.js'), 'utf8')).toBe(FEATURE['src/cart.js']);
  });

  it('runs one task and follows it', async () => {
    const args = ['run', '--prompt', 'Say hello.', '--watch', '--', 'sh', '-c', 'echo hello > hello.txt'];
    const run = await inWork(...args);
    expect(run.code).toBe(0);
    expect(run.stdout).toContain('COMPLETED');
    const failed = await inWork('run', '--prompt', 'Fail.', '--watch', '--', 'sh', '-c', 'exit 3');
    expect(failed.code).toBe(1);
    expect(failed.stdout).toContain('FAILED');
  });

  it('cancels', async () => {
    const { gate, script } = gated();
    const task = await cli.json<Task>(['run', '--prompt', 'Wait.', '--', 'bash', '-c', script], { cwd: work });
    const id = task.attempts[0]?.id ?? '';
    await untilPrinted(platform.rest, id, 'start 1');
    const cancelled = await inWork('cancel', task.id);
    expect(cancelled.code).toBe(0);
    const followed = await inWork('watch', task.batchId);
    expect(followed.code).toBe(1);
    expect(followed.stdout).toContain('CANCELLED');
    expect(anythingOf(gate)).toEqual([]);
  });

  it('tells wrong usage, unknown things and a missing server apart', async () => {
    expect((await inWork('batch', 'create')).code).toBe(2);
    expect((await inWork('nonsense')).code).toBe(2);
    const unknown = await inWork('batch', 'show', '00000000-0000-7000-8000-000000000000', '--json');
    expect(unknown.code).toBe(3);
    const alone = new Cli({ HEDDLE_DATA_DIR: join(home, 'nowhere') });
    expect((await alone.run(['status'], { cwd: work })).code).toBe(4);
    const forged = new Cli({ HEDDLE_URL: platform.running.runJson.url, HEDDLE_TOKEN: 'wrong' });
    const refused = await forged.run(['repo', 'ls', '--json'], { cwd: work });
    expect(refused.code).toBe(3);
    expect(JSON.parse(refused.stderr)).toMatchObject({ error: { reason: 'TOKEN_INVALID' } });
  });
});
