import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Forecast, Repository, ResourceRules } from '@heddle/sdk';
import { SampleRepository } from '../support/git/sample-repository.js';
import { usePlatform } from '../support/platform/use-platform.js';
import { bashTask, writing } from '../support/work/agents.js';
import { batchEnded, createBatch, overlapsOf, registerRepository } from '../support/work/launch.js';

const CART = 'export function total(items) {\n  return items.length;\n}\n';
const platform = usePlatform();

describe('two tasks at the same lines', () => {
  let repository: Repository;

  beforeAll(async () => {
    const origin = await SampleRepository.make(platform.scratch, { 'src/cart.js': CART, 'README.md': 'A shop\n' });
    repository = await registerRepository(platform.rest, origin.path);
  });

  it('are foretold, and counted when they have ended', async () => {
    const tasks = ['1', '2'].map((number) =>
      bashTask(
        `Count ${number} more in src/cart.js`,
        writing({ 'src/cart.js': CART.replace('length', `length + ${number}`) }),
      ),
    );
    const plan = await platform.rest.post<Forecast>('/v1/batches:suggestSplit', {
      repositoryId: repository.id,
      tasks,
    });
    expect(plan.pairs).toMatchObject([{ tasks: [0, 1], advice: 'MERGE', files: [{ path: 'src/cart.js' }] }]);

    const batch = await createBatch(platform.rest, repository, tasks, { forecastId: plan.id });
    expect(batch.forecastId).toBe(plan.id);
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
