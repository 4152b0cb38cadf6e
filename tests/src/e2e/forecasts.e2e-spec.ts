import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Batch, Forecast, OverlapPair, Repository, ResourceRules } from '@heddle/sdk';
import { eventually } from '../support/bounds.js';
import { SampleRepository } from '../support/git/sample-repository.js';
import { usePlatform } from '../support/platform/use-platform.js';
import { bashTask, gated, writing } from '../support/work/agents.js';
import { openGate } from '../support/work/gates.js';
import { attemptsOf, batchEnded, createBatch, overlapsOf, registerRepository } from '../support/work/launch.js';

const CART = 'export function total(items) {\n  return items.length;\n}\n';
const platform = usePlatform();

describe('two tasks at the same lines', () => {
  let repository: Repository;

  beforeAll(async () => {
    const origin = await SampleRepository.make(platform.scratch, { 'src/cart.js': CART, 'README.md': 'A shop\n' });
    repository = await registerRepository(platform.rest, origin.path);
  });

  it('are foretold, told while both still work, and counted when they have ended', async () => {
    const agents = ['1', '2'].map((number) =>
      gated({ before: writing({ 'src/cart.js': CART.replace('length', `length + ${number}`) }) }),
    );
    const tasks = agents.map(({ script }, at) => bashTask(`Count ${String(at)} more in src/cart.js`, script));
    const plan = await platform.rest.post<Forecast>('/v1/batches:suggestSplit', {
      repositoryId: repository.id,
      tasks,
    });
    expect(plan.pairs).toMatchObject([{ tasks: [0, 1], advice: 'MERGE', files: [{ path: 'src/cart.js' }] }]);

    const batch = await createBatch(platform.rest, repository, tasks, { forecastId: plan.id });
    expect(batch.forecastId).toBe(plan.id);
    const overlaps = `/v1/batches/${batch.id}/overlaps`;
    const live = await eventually(
      'the overlap is known while both work',
      async () => (await platform.rest.get<{ pairs: OverlapPair[] }>(overlaps)).pairs[0],
    );
    expect(live).toMatchObject({ basis: 'LIVE', level: 'TEXTUAL', paths: ['src/cart.js'] });
    const running = await platform.rest.get<Batch>(`/v1/batches/${batch.id}`);
    expect(attemptsOf(running).map(({ state }) => state)).toEqual(['RUNNING', 'RUNNING']);
    for (const { gate } of agents) await openGate(gate);

    await batchEnded(platform.rest, batch.id);
    await overlapsOf(platform.rest, batch.id);
    expect(await platform.rest.get<Forecast>(`/v1/forecasts/${plan.id}`)).toMatchObject({
      batchId: batch.id,
      settled: true,
      pairs: [{ actualLevel: 'TEXTUAL' }],
      score: { judgedPairs: 1, rightPairs: 1, precision: 1, recall: 1 },
    });
  });
  it('meet in what the rules of their repository say', async () => {
    const path = `/v1/repositories/${repository.id}/resourceRules`;
    const rules = [{ glob: 'db/*.sql', kind: 'MIGRATION' }];
    const set = await platform.rest.call<ResourceRules>('PUT', path, { body: { rules, etag: '0' } });
    expect(set.body).toMatchObject({ repositoryId: repository.id, rules, etag: '1' });
    expect(await platform.rest.get<ResourceRules>(path)).toEqual(set.body);
    const tasks = ['a', 'b'].map((name) => bashTask(`Table ${name}`, writing({ [`db/7_${name}.sql`]: `${name}\n` })));
    const { id } = await createBatch(platform.rest, repository, tasks);
    await batchEnded(platform.rest, id);
    expect(await overlapsOf(platform.rest, id)).toMatchObject([{ level: 'RESOURCE' }]);
  });
});
