import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { Attempt, Batch, Task } from '@heddle/sdk';
import { eventually } from '../support/bounds.js';
import { SampleRepository } from '../support/git/sample-repository.js';
import { usePlatform } from '../support/platform/use-platform.js';
import { bashTask, writing } from '../support/work/agents.js';
import { batchEnded, changesOf, createBatch, registerRepository } from '../support/work/launch.js';
import { SHOP } from '../support/work/shop.js';

const platform = usePlatform();

function attemptsInOrder(batch: Batch): [Attempt, Attempt] {
  const [{ attempts }] = batch.tasks as [Task];
  return [...attempts].sort((a, b) => a.attemptNumber - b.attemptNumber) as [Attempt, Attempt];
}

describe('more changes than reviewers have time for', () => {
  it('hold the second attempt of a task, which says why, until people have decided', async () => {
    const { rest, scratch } = platform;
    const repository = await registerRepository(rest, (await SampleRepository.make(scratch, SHOP)).path);
    const policy = `/v1/repositories/${repository.id}/reviewPolicy`;
    expect(await rest.call('PATCH', policy, { body: { backlogLimitMinutes: 1 } })).toMatchObject({ status: 200 });
    const task = bashTask('Notes', writing({ 'NOTES.md': 'notes\n' }));
    const batches = [(await batchEnded(rest, (await createBatch(rest, repository, [task])).id)).id];

    // The scheduler asks what waits every few seconds: what it did not know of yet has begun.
    const held = await eventually('the second attempt of a task is held', async () => {
      const { id } = await createBatch(rest, repository, [{ ...task, attempts: 2 }]);
      batches.push(id);
      const [, second] = await eventually('the second attempt begins or is held', async () => {
        const attempts = attemptsInOrder(await rest.get<Batch>(`/v1/batches/${id}`));
        const { state, statusDetail } = attempts[1];
        return state === 'QUEUED' && statusDetail !== 'REVIEW_BACKLOG' ? undefined : attempts;
      });
      if (second.state === 'QUEUED') return { batchId: id, second };
      await batchEnded(rest, id);
      return undefined;
    });
    expect(held.second.stateInfo?.message).toMatch(
      /^\d+ minutes of changes wait for reviewers, and the repository's limit is 1$/,
    );
    const [first, second] = await eventually('the first attempt has ended', async () => {
      const attempts = attemptsInOrder(await rest.get<Batch>(`/v1/batches/${held.batchId}`));
      return attempts[0].endTime === undefined ? undefined : attempts;
    });
    expect([first.state, second.state, second.statusDetail]).toEqual(['COMPLETED', 'QUEUED', 'REVIEW_BACKLOG']);

    for (const change of (await Promise.all(batches.map((id) => changesOf(rest, id)))).flat())
      await rest.post(`/v1/changes/${change.id}/verdicts`, {
        requestId: randomUUID(),
        verdict: 'REJECT',
        reasonClass: 'NO_LONGER_NEEDED',
        headCommit: change.headCommit,
      });
    const ended = attemptsInOrder(await batchEnded(rest, held.batchId));
    expect(ended.map(({ state }) => state)).toEqual(['COMPLETED', 'COMPLETED']);
  });
});
