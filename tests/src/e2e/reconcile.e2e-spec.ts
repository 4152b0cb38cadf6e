import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Attempt, Change, Landing, Reconciliation, ReconciliationPlan } from '@heddle/sdk';
import { eventually } from '../support/bounds.js';
import { Cli } from '../support/doors/cli.js';
import { git } from '../support/git/git.js';
import { SampleRepository, type Files } from '../support/git/sample-repository.js';
import { usePlatform } from '../support/platform/use-platform.js';
import { bashTask, writing } from '../support/work/agents.js';
import { attemptsOf, batchEnded, createBatch, landingSettled, registerRepository } from '../support/work/launch.js';
import { FEATURE, FIX, REGRESSION_TESTS, SHOP, SUITE_CHECK } from '../support/work/shop.js';

const EDGE_CASE: Files = {
  ...FIX,
  'test/negative.test.js': [
    "import assert from 'node:assert/strict';",
    "import { test } from 'node:test';",
    "import { total } from '../src/cart.js';",
    '',
    "test('counts no negative quantities', () => {",
    '  assert.equal(total([{ price: 2, quantity: -3 }]), 0);',
    '});',
    '',
  ].join('\n'),
};

/** Both intents in the one line that both changed. */
const WOVEN: Files = {
  'src/cart.js': (FEATURE['src/cart.js'] ?? '').replace('item.quantity', 'Math.max(0, item.quantity)'),
  'test/negative.test.js': EDGE_CASE['test/negative.test.js'] ?? '',
};

const platform = usePlatform();

describe('a feature, regression tests and an edge case, made one change and landed', () => {
  let cli: Cli;
  let origin: SampleRepository;
  let attempts: Attempt[];
  let ids: string[];
  const here = { cwd: '/' };

  beforeAll(async () => {
    cli = new Cli({ HEDDLE_DATA_DIR: platform.dataDirectory });
    origin = await SampleRepository.make(platform.scratch, SHOP);
    const repository = await registerRepository(platform.rest, origin.path);
    const work: [string, Files][] = [
      ['Add a discount', FEATURE],
      ['Write regression tests', REGRESSION_TESTS],
      ['Count no negative quantities', EDGE_CASE],
    ];
    const tasks = work.map(([title, files]) => bashTask(title, writing(files), { checks: [SUITE_CHECK] }));
    const batch = await createBatch(platform.rest, repository, tasks);
    attempts = attemptsOf(await batchEnded(platform.rest, batch.id));
    ids = attempts.map(({ changeId }) => changeId ?? '');
  });

  it('has the merge as the result where all merge, with the checks of all', async () => {
    const [feature = '', tests = ''] = ids;
    const done = await cli.json<Reconciliation>(['reconcile', 'create', feature, tests], here);
    expect(done).toMatchObject({ state: 'SUCCEEDED', step: 'MERGE', inputs: [{ merged: true }, { merged: true }] });
    const change = await platform.rest.get<Change>(`/v1/changes/${done.changeId ?? ''}`);
    expect(change).toMatchObject({
      treeId: (await origin.expected(await origin.head(), { ...FEATURE, ...REGRESSION_TESTS })).treeId,
      checks: [{ name: 'unit', state: 'PASSED' }],
    });
  });

  it('says what conflicts before anything is made', async () => {
    const plan = await cli.json<ReconciliationPlan>(['reconcile', 'plan', ...ids], here, 1);
    expect(plan.steps.flatMap(({ conflicts }) => conflicts)).toMatchObject([
      { path: 'src/cart.js', type: 'CONFLICT (contents)' },
    ]);
    expect(plan.steps.filter(({ clean }) => clean)).toHaveLength(2);
  });

  it('has an agent weave what conflicts, and lands all of it with all checks green on the tip', async () => {
    const script = [
      'set -eu',
      'test -f test/format.test.js',
      'grep -q "Add a discount" "$HEDDLE_PROMPT_FILE"; grep -q "Count no negative" "$HEDDLE_PROMPT_FILE"',
      'grep -q "<<<<<<< " "$HEDDLE_PROMPT_FILE"; grep -q "Keep both." "$HEDDLE_PROMPT_FILE"',
      writing(WOVEN),
    ].join('\n');
    const args = ['reconcile', 'create', ...ids, '-i', 'Keep both.', '--', 'bash', '-c', script];
    const done = await cli.json<Reconciliation>(args, here);
    expect(done).toMatchObject({ state: 'SUCCEEDED', step: 'AGENT' });
    expect(done.inputs.flatMap(({ paths }) => paths).filter(({ outcome }) => outcome !== 'KEPT')).toEqual([
      { path: 'src/cart.js', outcome: 'CHANGED' },
      { path: 'src/cart.js', outcome: 'CHANGED' },
    ]);

    const changeId = done.changeId ?? '';
    await platform.rest.post(`/v1/changes/${changeId}/verdicts`, { requestId: randomUUID(), verdict: 'APPROVE' });
    const { id } = await platform.rest.post<Landing>('/v1/landings', { requestId: randomUUID(), changeId });
    const landed = await landingSettled(platform.rest, id);
    expect(landed).toMatchObject({ state: 'LANDED', checks: [{ name: 'unit', state: 'PASSED' }] });
    expect(await origin.head()).toBe(landed.landedCommit);

    const clone = join(platform.scratch, 'landed');
    await git(platform.scratch, 'clone', '--quiet', origin.path, clone);
    const { stdout } = await promisify(execFile)('node', ['--test'], { cwd: clone });
    expect(stdout).toMatch(/# pass 4\b|ℹ pass 4\b/);

    for (const [index, input] of ids.entries()) {
      const { landings } = await platform.rest.get<{ landings: Landing[] }>(`/v1/landings?changeId=${input}`);
      expect(landings).toMatchObject([{ state: 'LANDED', reason: 'LANDED_VIA', landedCommit: landed.landedCommit }]);
      await platform.rest.post(`/v1/changes/${input}/verdicts`, { requestId: randomUUID(), verdict: 'APPROVE' });
      const again = await platform.rest.call('POST', '/v1/landings', { body: { changeId: input } });
      expect(again).toMatchObject({ status: 409, body: { details: [{ reason: 'ALREADY_LANDED' }] } });
      await eventually('the attempt knows that it has landed', async () => {
        const attempt = await platform.rest.get<Attempt>(`/v1/attempts/${attempts[index]?.id ?? ''}`);
        return attempt.landingState === 'LANDED' ? true : undefined;
      });
    }
  });
});

describe('a change that conflicts when it lands, with what does its work too', () => {
  it('is reconciled by itself with the side that is on the branch, and has landed with that', async () => {
    const cli = new Cli({ HEDDLE_DATA_DIR: platform.dataDirectory });
    const here = { cwd: '/' };
    const origin = await SampleRepository.make(platform.scratch, SHOP);
    const repository = await registerRepository(platform.rest, origin.path);
    const both = {
      'src/cart.js': WOVEN['src/cart.js'] ?? '',
      'test/discount.test.js': FEATURE['test/discount.test.js'] ?? '',
    };
    const work: [string, Files][] = [
      ['Add a discount', both],
      ['Count no negative quantities', EDGE_CASE],
    ];
    const tasks = work.map(([title, files]) => bashTask(title, writing(files), { checks: [SUITE_CHECK] }));
    const batch = await createBatch(platform.rest, repository, tasks);
    const [first = '', second = ''] = attemptsOf(await batchEnded(platform.rest, batch.id)).map(
      ({ changeId }) => changeId ?? '',
    );
    const land = async (changeId: string): Promise<Landing> => {
      await platform.rest.post(`/v1/changes/${changeId}/verdicts`, { requestId: randomUUID(), verdict: 'APPROVE' });
      const { id } = await platform.rest.post<Landing>('/v1/landings', { requestId: randomUUID(), changeId });
      return landingSettled(platform.rest, id);
    };
    expect((await land(first)).state).toBe('LANDED');
    await cli.json(['queue', 'set', '--repo', repository.id, '--reconcile-ejected'], here);
    const conflicted = await land(second);
    expect(conflicted).toMatchObject({ state: 'CONFLICTED', reconciliationId: expect.any(String) });

    const id = conflicted.reconciliationId ?? '';
    await eventually('the reconciliation is made', async () => {
      const { status } = await platform.rest.call('GET', `/v1/reconciliations/${id}`);
      return status === 200 ? true : undefined;
    });
    const done = await cli.json<Reconciliation>(['reconcile', 'wait', id], here);
    expect(done).toMatchObject({
      ...{ id, state: 'SUCCEEDED', step: 'TAKE_SIDE', notes: [] },
      inputs: [
        {
          changeId: second,
          paths: [
            { path: 'src/cart.js', outcome: 'DROPPED' },
            { path: 'test/negative.test.js', outcome: 'KEPT' },
          ],
        },
      ],
    });
    const landed = await land(done.changeId ?? '');
    expect(landed.state).toBe('LANDED');
    expect(await platform.rest.get<Landing>(`/v1/landings/${conflicted.id}`)).toMatchObject({
      ...{ state: 'LANDED', reason: 'LANDED_VIA', landedCommit: landed.landedCommit },
    });
  });
});
