import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import type { Attempt, CheckResult, Environment, Repository } from '@heddle/sdk';
import { SampleRepository } from '../support/git/sample-repository.js';
import { usePlatform } from '../support/platform/use-platform.js';
import { bashTask, writing } from '../support/work/agents.js';
import { attemptsOf, batchEnded, createBatch, registerRepository } from '../support/work/launch.js';
import { jsonExamples } from './doc-blocks.js';
import { prepareExample } from './example-repositories.js';

const page = await readFile(new URL('../../../docs/environments.md', import.meta.url), 'utf8');
const blocks = jsonExamples(page);
const LANGUAGES = ['node', 'python', 'go', 'java', 'rust'] as const;
const prepared = await Promise.all(LANGUAGES.map(async (name) => ({ name, example: await prepareExample(name) })));

const platform = usePlatform();

describe('the page on environments', () => {
  it('has an example for each language, and one of everything', async () => {
    expect([...blocks.keys()]).toEqual(['everything', ...LANGUAGES]);
    const environment = await platform.rest.post<Environment>('/v1/environments', blocks.get('everything'));
    expect(environment).toMatchObject(blocks.get('everything') as object);
  });

  for (const { name, example } of prepared) {
    if (typeof example === 'string') {
      it.skip(`works for ${name} [${example}]`, () => undefined);
      continue;
    }
    it(`works for ${name}: set-up once, checks pass, and the next batch finds the layer`, async () => {
      const origin = await SampleRepository.make(platform.scratch, example.files);
      const repository = await registerRepository(platform.rest, origin.path);
      const { id } = await platform.rest.post<Environment>('/v1/environments', blocks.get(name));
      const first = await attempted(repository, id, writing(example.edit));
      expect(first.sandbox).toMatchObject({ setupCache: 'MISS', setupCacheReason: 'FIRST_USE' });
      const second = await attempted(repository, id, writing(example.edit));
      expect(second.sandbox).toMatchObject({ setupCache: 'HIT' });
    });
  }
});

/** One whole attempt, whose checks have to pass. */
async function attempted(repository: Repository, environmentId: string, script: string): Promise<Attempt> {
  const { id } = await createBatch(platform.rest, repository, [bashTask('Edit', script)], { environmentId });
  const [attempt] = attemptsOf(await batchEnded(platform.rest, id));
  if (attempt === undefined) throw new Error('the batch has no attempt');
  const { checks } = await platform.rest.get<{ checks: CheckResult[] }>(`/v1/attempts/${attempt.id}/checks`);
  const outcome = { state: attempt.state, checks: checks.map(({ state }) => state) };
  if (outcome.state !== 'COMPLETED' || outcome.checks.join() !== 'PASSED') {
    const log = await (await platform.rest.open('GET', `/v1/attempts/${attempt.id}/logs`)).text();
    throw new Error(`${JSON.stringify(outcome)} ${attempt.statusDetail}\n${log.slice(-4_000)}`);
  }
  return attempt;
}
