import { describe, expect, it } from '@jest/globals';
import { json, type Routes } from '@heddle/sdk/testing';
import { useHeddleCommand } from './testing/heddle-command.js';
import { change, IDS, reconciliation } from './testing/samples.js';

describe('heddle reconcile', () => {
  const heddle = useHeddleCommand('');
  const [one, two] = [IDS.change(1), IDS.change(2)];
  const of = (found: ReturnType<typeof reconciliation>): Routes => ({
    [`GET /v1/changes/${one}`]: json(change(1)),
    [`GET /v1/changes/${two}`]: json(change(2)),
    'GET /v1/reconciliations': json({ reconciliations: [found], nextPageToken: '' }),
    'POST /v1/reconciliations': json(reconciliation({ state: 'QUEUED' })),
    [`GET /v1/reconciliations/${found.id}`]: json(found),
    [`GET /v1/reconciliations/${found.id}:wait`]: json(found),
    [`POST /v1/reconciliations/${found.id}:cancel`]: json({ ...found, state: 'CANCELLED' }),
  });
  const conflict = { path: 'src/cart.ts', type: 'CONFLICT (contents)', message: 'Merge conflict in src/cart.ts' };

  it('shows a plan: what merges in which order, and where it does not', async () => {
    const plan = {
      repositoryId: IDS.repository,
      baseCommit: 'b'.repeat(40),
      treeId: 'c'.repeat(40),
      clean: false,
      steps: [
        { changeId: one, title: 'Feature', clean: true, treeId: 'c'.repeat(40), conflicts: [] },
        { changeId: two, title: 'Edge\u001b[31m case', clean: false, treeId: 'c'.repeat(40), conflicts: [conflict] },
      ],
      suggestedOrder: [two, one],
    };
    const routes = { ...of(reconciliation()), 'POST /v1/reconciliations:plan': json(plan) };
    const shown = await heddle.run(routes, 'reconcile', 'plan', one, two, '--keep-order');
    expect(shown.code).toBe(1);
    expect(heddle.server.seen.at(-1)?.body).toEqual({ changeIds: [one, two], keepOrder: true });
    for (const text of ['merges', 'conflicts', 'Feature', 'src/cart.ts  CONFLICT (contents)', 'leaves least'])
      expect(shown.stdout).toContain(text);
    expect(shown.stdout).not.toContain('\u001b[31m case');
    const clean = { ...plan, clean: true, steps: plan.steps.slice(0, 1), suggestedOrder: [one] };
    const asJson = await heddle.run(
      { ...routes, 'POST /v1/reconciliations:plan': json(clean) },
      'reconcile',
      'plan',
      one,
      two,
      '--json',
    );
    expect([asJson.code, JSON.parse(asJson.stdout)]).toEqual([0, clean]);
  });

  it('makes one, waits for it, and says what became of each input and what can be done next', async () => {
    const inputs = reconciliation().inputs.map((input, index) =>
      index === 0
        ? { ...input, paths: [{ path: 'a.ts', outcome: 'KEPT' as const }] }
        : {
            ...input,
            merged: false,
            conflicts: [conflict],
            paths: [
              { path: 'src/cart.ts', outcome: 'CHANGED' as const },
              { path: 'b.ts', outcome: 'DROPPED' as const },
            ],
          },
    );
    const done = reconciliation({
      state: 'SUCCEEDED',
      step: 'AGENT',
      changeId: IDS.change(3),
      endTime: '2026-05-04T10:00:20Z',
      inputs,
      notes: [{ step: 'TAKE_SIDE', changeId: two, reason: 'NO_TESTS', message: 'it has no tests' }],
    });
    const shown = await heddle.run(
      of(done),
      'reconcile',
      'create',
      one,
      two,
      '-i',
      'Keep both',
      '--',
      'bash',
      '-c',
      'make it',
    );
    expect(shown.code).toBe(0);
    expect(heddle.server.seen.find(({ method }) => method === 'POST')?.body).toMatchObject({
      changeIds: [one, two],
      agent: { kind: 'COMMAND', command: ['bash', '-c', 'make it'] },
      instructions: 'Keep both',
      requestId: expect.any(String),
    });
    for (const text of ['SUCCEEDED', '1 kept as they were', 'changed  src/cart.ts', 'dropped  b.ts', 'conflicted'])
      expect(shown.stdout).toContain(text);
    expect(shown.stdout).toMatch(/not TAKE_SIDE: .* it has no tests/);
    expect(shown.stderr).toContain('heddle land');
    expect(await heddle.run(of(done), 'reconcile', 'create', '--', 'make')).toMatchObject({ code: 2 });
  });

  it('says who has merged where git has not', async () => {
    const structural = { driver: 'mergiraf 0.20.0', paths: ['src/cart.ts', 'b\u001b[31m.json'] };
    const of = async (step: 'STRUCTURAL' | 'AGENT') =>
      (await heddle.run(show(step), 'reconcile', 'show', IDS.reconciliation)).stdout;
    const show = (step: 'STRUCTURAL' | 'AGENT'): Routes => {
      const found = reconciliation({ step, structural });
      return {
        'GET /v1/reconciliations': json({ reconciliations: [found], nextPageToken: '' }),
        [`GET /v1/reconciliations/${found.id}`]: json(found),
      };
    };
    expect(await of('STRUCTURAL')).toMatch(/^ {2}merged by mergiraf 0\.20\.0: src\/cart\.ts, b/m);
    expect(await of('AGENT')).toMatch(/^ {2}not taken: merged by mergiraf 0\.20\.0: src\/cart\.ts/m);
    expect(await of('AGENT')).not.toContain('\u001b[31m.json');
  });

  it('has exit codes for what waits for a person, did not end well, and goes on', async () => {
    const run = async (fields: Parameters<typeof reconciliation>[0]) =>
      heddle.run(of(reconciliation(fields)), 'reconcile', 'wait', IDS.reconciliation, '--timeout', '0s');
    const waiting = await run({ state: 'WAITING_FOR_USER', reason: 'CONFLICT_MARKERS', changeId: IDS.change(3) });
    expect([waiting.code, waiting.stderr]).toEqual([6, expect.stringContaining('heddle message')]);
    expect(waiting.stdout).toContain('CONFLICT_MARKERS');
    expect((await run({ state: 'FAILED', reason: 'AGENT_CRASHED', endTime: '2026-05-04T10:00:20Z' })).code).toBe(1);
    expect((await run({})).code).toBe(5);
  });

  it('lists, shows and cancels by a part of the id, and takes one change with --from-tip only', async () => {
    const routes = of(reconciliation());
    const list = await heddle.run(routes, 'reconcile', 'list');
    expect([list.code, list.stdout]).toEqual([0, expect.stringContaining('Task 1 + Task 2')]);
    const show = await heddle.run(routes, 'reconcile', 'show', IDS.reconciliation.slice(-8));
    expect([show.code, show.stdout]).toEqual([0, expect.stringContaining('RUNNING')]);
    const cancel = await heddle.run(routes, 'reconcile', 'cancel', IDS.reconciliation);
    expect([cancel.code, cancel.stdout]).toEqual([0, expect.stringContaining('CANCELLED')]);
    expect(await heddle.run(routes, 'reconcile', 'create', one)).toMatchObject({ code: 2 });
    expect(await heddle.run(routes, 'reconcile', 'create', one, '--from-tip', '--no-wait')).toMatchObject({ code: 0 });
  });
});
