import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Batch, CreateBatchInput, Repository } from '@heddle/sdk';
import { refusalOf } from '../support/doors/rest-errors.js';
import { SampleRepository } from '../support/git/sample-repository.js';
import { usePlatform } from '../support/platform/use-platform.js';
import { bashTask } from '../support/work/agents.js';
import { batchEnded, changesOf, registerRepository } from '../support/work/launch.js';

const platform = usePlatform();

describe('a create with a requestId', () => {
  let repository: Repository;
  let body: CreateBatchInput;

  beforeAll(async () => {
    const origin = await SampleRepository.make(platform.scratch, { 'a.txt': 'a\n' });
    repository = await registerRepository(platform.rest, origin.path);
    body = { requestId: 'fifty', repositoryId: repository.id, tasks: [bashTask('Count', 'echo one > b.txt')] };
  });

  it('has one effect, however many send it at once, and one answer', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => platform.rest.call<Batch>('POST', '/v1/batches', { body })),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    const [first] = answers;
    for (const answer of answers) expect(answer.body).toEqual(first?.body);
    await batchEnded(platform.rest, first?.body.id ?? '');
    expect(await batchesOf(repository)).toHaveLength(1);
    expect(await changesOf(platform.rest, first?.body.id ?? '')).toHaveLength(1);
  });

  it('means the same however its JSON is spelled', async () => {
    const [batch] = await batchesOf(repository);
    const spelled = {
      tasks: body.tasks?.map(({ title, prompt, agent }) => ({ agent, prompt, title, mode: 'MODE_UNSPECIFIED' })),
      repository_id: body.repositoryId,
      request_id: body.requestId,
    };
    const answer = await platform.rest.call<Batch>('POST', '/v1/batches', { body: spelled });
    expect(answer).toMatchObject({ status: 200, body: { id: batch?.id } });
    // The first answer, not the batch as it is by now.
    expect(answer.body.endTime).toBeUndefined();
  });

  it('is refused with another body', async () => {
    const other = { ...body, brief: 'Something else.' };
    const refusal = refusalOf(await platform.rest.call('POST', '/v1/batches', { body: other }));
    expect(refusal).toMatchObject({ http: 409, code: 6, reason: 'REQUEST_ID_REUSED', retryable: false });
    expect(await batchesOf(repository)).toHaveLength(1);
  });

  it('does not hold a refused request against its sender', async () => {
    const wrong = { ...body, requestId: 'second-thoughts', tasks: [] };
    expect(refusalOf(await platform.rest.call('POST', '/v1/batches', { body: wrong }))).toMatchObject({
      reason: 'FIELD_INVALID',
    });
    const right = await platform.rest.call<Batch>('POST', '/v1/batches', {
      body: { ...body, requestId: 'second-thoughts' },
    });
    expect(right.status).toBe(200);
    await batchEnded(platform.rest, right.body.id);
  });

  it('registers a repository once', async () => {
    const origin = await SampleRepository.make(platform.scratch, { 'a.txt': 'a\n' });
    const registration = { requestId: 'register', name: 'once', url: origin.path };
    const answers = await Promise.all(
      Array.from({ length: 10 }, () =>
        platform.rest.call<Repository>('POST', '/v1/repositories', { body: registration }),
      ),
    );
    expect(new Set(answers.map(({ status, body: { id } }) => `${String(status)} ${id}`)).size).toBe(1);
    expect(answers[0]?.status).toBe(200);
  });

  async function batchesOf({ id }: Repository): Promise<Batch[]> {
    return (await platform.rest.get<{ batches: Batch[] }>(`/v1/batches?repositoryId=${id}`)).batches;
  }
});
