import { describe, expect, it } from '@jest/globals';
import { WovenBatch } from '../support/chaos/woven-batch.js';
import { PatientDoor } from '../support/doors/patient-door.js';
import { SampleRepository } from '../support/git/sample-repository.js';
import { usePlatform, type ProcessName } from '../support/platform/use-platform.js';
import { bashTask, gated } from '../support/work/agents.js';
import { anythingOf, openGate } from '../support/work/gates.js';
import { attemptEnded, attemptsOf, changesOf, createBatch, registerRepository } from '../support/work/launch.js';
import { untilPrinted } from '../support/work/log-reader.js';

const platform = usePlatform();

describe('more than one kill', () => {
  it.each<readonly [ProcessName, ProcessName]>([
    ['scheduler', 'sandbox-runner'],
    ['supervisor', 'sandbox-runner'],
    ['postgres', 'temporal'],
  ])(
    'of %s and %s at once',
    async (first, second) => {
      const batch = await WovenBatch.launch(platform.rest, platform.scratch);
      platform.kill(first);
      platform.kill(second);
      await Promise.all([platform.restarted(first), platform.restarted(second)]);
      batch.expectAgentsUntouched();
      await batch.letGo();
      await batch.expectCompletedAsIfNothingHadHappened();
      await batch.expectEventsWithoutGaps();
      await platform.quiet();
    },
    300_000,
  );

  it('of one after the other, before and after the agents are done', async () => {
    const batch = await WovenBatch.launch(platform.rest, platform.scratch);
    platform.kill('nats');
    await platform.restarted('nats');
    await batch.letGo();
    // From here on trees are captured, stored and checked.
    platform.kill('review');
    await platform.restarted('review');
    platform.kill('sandbox-runner');
    await platform.restarted('sandbox-runner');
    const changes = await batch.expectCompletedAsIfNothingHadHappened();
    await batch.expectLanded(changes);
    await batch.expectEventsWithoutGaps();
    await platform.quiet();
  }, 300_000);

  it('of the scheduler right after a cancel: it takes effect all the same', async () => {
    const rest = new PatientDoor(platform.rest);
    const origin = await SampleRepository.make(platform.scratch, { 'a.txt': 'a\n' });
    const repository = await registerRepository(rest, origin.path);
    const { gate, script } = gated({ before: 'echo kept > kept.txt' });
    const batch = await createBatch(rest, repository, [bashTask('Stop me', script)]);
    const id = attemptsOf(batch)[0]?.id ?? '';
    await untilPrinted(rest, id, 'start 1');
    await rest.post(`/v1/attempts/${id}:cancel`);
    platform.kill('scheduler');
    await platform.restarted('scheduler');
    expect(await attemptEnded(rest, id)).toMatchObject({ state: 'CANCELLED', statusDetail: 'CANCELLED_BY_USER' });
    expect(anythingOf(gate)).toEqual([]);
    expect(await changesOf(rest, batch.id)).toMatchObject([{ partial: true, attemptId: id }]);
  }, 300_000);

  it('of the scheduler right after a create: what was accepted is started', async () => {
    const rest = new PatientDoor(platform.rest);
    const origin = await SampleRepository.make(platform.scratch, { 'a.txt': 'a\n' });
    const repository = await registerRepository(rest, origin.path);
    const { gate, script } = gated({ after: 'echo made > made.txt' });
    const batch = await createBatch(rest, repository, [bashTask('Start me', script)]);
    platform.kill('scheduler');
    await platform.restarted('scheduler');
    const id = attemptsOf(batch)[0]?.id ?? '';
    await untilPrinted(rest, id, 'start 1');
    await openGate(gate);
    expect(await attemptEnded(rest, id)).toMatchObject({ state: 'COMPLETED', restartCount: 0 });
  }, 300_000);
});
