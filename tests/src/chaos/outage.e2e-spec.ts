import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { WovenBatch } from '../support/chaos/woven-batch.js';
import { eventually } from '../support/bounds.js';
import { PatientDoor } from '../support/doors/patient-door.js';
import { refusalOf } from '../support/doors/rest-errors.js';
import { familyOf, isAlive } from '../support/host/process-table.js';
import { usePlatform, type ProcessName } from '../support/platform/use-platform.js';
import { bashTask } from '../support/work/agents.js';
import { batchEnded, createBatch } from '../support/work/launch.js';

const platform = usePlatform();

describe('a server that does not die but answers nobody', () => {
  it('Postgres: the doors say so, agents go on, a cancel from before takes effect', async () => {
    const batch = await WovenBatch.launch(platform.rest, platform.scratch);
    await whileFrozen('postgres', async () => {
      const refusal = await eventually('the door gives up on its database', async () => {
        const answer = await platform.rest.call('GET', `/v1/batches/${batch.id}`);
        return answer.status === 200 ? undefined : refusalOf(answer);
      });
      expect(refusal).toMatchObject({ retryable: true });
      expect([503, 504]).toContain(refusal.http);
      batch.expectAgentsUntouched();
      // Their ends wait until they can be written down.
      await batch.letGo();
    });
    await batch.expectLanded(await batch.expectCompletedAsIfNothingHadHappened());
    await batch.expectEventsWithoutGaps();
    await platform.quiet();
  }, 300_000);

  it('NATS: requests and agents go on; logs and events come complete when it is back', async () => {
    const batch = await WovenBatch.launch(platform.rest, platform.scratch);
    await whileFrozen('nats', async () => {
      await batch.letGo();
      expect(await batchEnded(new PatientDoor(platform.rest), batch.id)).toMatchObject({ state: 'COMPLETED' });
    });
    await batch.expectLanded(await batch.expectCompletedAsIfNothingHadHappened());
    await batch.expectEventsWithoutGaps();
    await platform.quiet();
  }, 300_000);

  it('Temporal: work is accepted, agents go on and end; all of it is taken up when it is back', async () => {
    const batch = await WovenBatch.launch(platform.rest, platform.scratch);
    const rest = new PatientDoor(platform.rest);
    const accepted = await whileFrozen('temporal', async () => {
      await batch.letGo();
      return createBatch(rest, batch.repository, [bashTask('Meanwhile', 'echo meanwhile > meanwhile.txt')], {
        requestId: randomUUID(),
      });
    });
    expect(await batchEnded(rest, accepted.id)).toMatchObject({ state: 'COMPLETED' });
    await batch.expectLanded(await batch.expectCompletedAsIfNothingHadHappened());
    await batch.expectEventsWithoutGaps();
    await platform.quiet();
  }, 300_000);

  /** Stops a server with all its processes for the time of `work`. */
  async function whileFrozen<T>(name: ProcessName, work: () => Promise<T>): Promise<T> {
    const pid = platform.running.runJson.processes.find((process) => process.name === name)?.pid;
    if (pid === undefined) throw new Error(`${name} does not run`);
    const family = [...familyOf(pid)];
    for (const member of family) signal(member, 'SIGSTOP');
    try {
      return await work();
    } finally {
      for (const member of family) signal(member, 'SIGCONT');
    }
  }
});

function signal(pid: number, name: NodeJS.Signals): void {
  if (isAlive(pid)) process.kill(pid, name);
}
