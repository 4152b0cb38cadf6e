import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Attempt } from '@heddle/sdk';
import { temporaryDirectory } from '@heddle/testing';
import { WovenBatch } from '../support/chaos/woven-batch.js';
import { isAlive } from '../support/host/process-table.js';
import { LauncherProcess } from '../support/platform/launcher-process.js';
import { expectNothingLeft, untilQuiet } from '../support/platform/quiet.js';
import { SampleRepository } from '../support/git/sample-repository.js';
import { bashTask, gated } from '../support/work/agents.js';
import { anythingOf, openGate } from '../support/work/gates.js';
import {
  attemptEnded,
  attemptsOf,
  changeOf,
  changesOf,
  createBatch,
  registerRepository,
} from '../support/work/launch.js';
import { countedFrom, printed, untilPrinted, wholeLog } from '../support/work/log-reader.js';

describe('the launcher, in the foreground', () => {
  let directory: string;
  let data: string;
  let launcher: LauncherProcess;
  const scratch = (): string => join(directory, 'scratch');

  beforeAll(async () => {
    directory = await temporaryDirectory('launcher');
    data = join(directory, 'data');
    launcher = LauncherProcess.start(data);
    await launcher.up();
  }, 300_000);

  afterAll(async () => {
    await launcher.end('SIGTERM');
    expectNothingLeft(data);
    await rm(directory, { recursive: true, force: true });
  }, 300_000);

  it('names eight processes, each alive', async () => {
    const { processes } = await launcher.runJson();
    expect(processes.map(({ name }) => name).sort()).toEqual(
      ['gateway', 'nats', 'postgres', 'review', 'sandbox-runner', 'scheduler', 'supervisor', 'temporal'].sort(),
    );
    for (const { pid } of processes) expect(isAlive(pid)).toBe(true);
  });

  it('refuses a second start beside it, with its pid, and goes on', async () => {
    const before = await launcher.runJson();
    const second = LauncherProcess.start(data);
    expect(await second.exit()).toBe(1);
    expect(second.said).toContain(String(launcher.pid));
    expect(await launcher.runJson()).toEqual(before);
    expect((await (await launcher.door()).call('GET', '/v1/me')).status).toBe(200);
  });

  it('killed with -9 itself: the next start takes everything over, and the agents do not notice', async () => {
    const batch = await WovenBatch.launch(await launcher.door(), scratch());
    const before = await launcher.runJson();
    await launcher.end('SIGKILL');
    launcher = LauncherProcess.start(data);
    const after = await launcher.up();
    expect(after.url).toBe(before.url);
    expect(after.adminToken).toBe(before.adminToken);
    for (const { pid } of before.processes) expect([pid, isAlive(pid)]).toEqual([pid, false]);
    batch.expectAgentsUntouched();

    await batch.letGo();
    const changes = await batch.expectCompletedAsIfNothingHadHappened();
    await batch.expectLanded(changes);
    await batch.expectEventsWithoutGaps();
    await untilQuiet(data);
  }, 300_000);

  it('stopped in the middle of work: leaves no process, and the next start takes the work up where it was', async () => {
    const door = await launcher.door();
    const origin = await SampleRepository.make(scratch(), { 'a.txt': 'a\n' });
    const repository = await registerRepository(door, origin.path);
    const { gate, script } = gated({ before: 'echo begun > begun.txt', after: 'echo done > done.txt' });
    const batch = await createBatch(door, repository, [bashTask('Go on tomorrow', script)]);
    const id = attemptsOf(batch)[0]?.id ?? '';
    const before = await untilPrinted(door, id, 'start 1');

    expect(await launcher.end('SIGINT')).toBe(0);
    expect(anythingOf(gate)).toEqual([]);
    expect(existsSync(join(data, 'run.json'))).toBe(false);

    launcher = LauncherProcess.start(data);
    await launcher.up();
    const again = await launcher.door();
    await openGate(gate);
    const ended: Attempt = await attemptEnded(again, id);
    expect(ended).toMatchObject({ state: 'COMPLETED' });
    expect(await changesOf(again, batch.id)).toHaveLength(1);
    expect((await changeOf(again, ended)).files.map(({ path }) => path)).toEqual(['begun.txt', 'done.txt']);
    const lines = await wholeLog(again, id);
    expect(lines.map(({ sequence }) => sequence)).toEqual(countedFrom(1, lines.length));
    // What the first go printed is still there, in front.
    expect(printed(lines).slice(0, printed(before).length)).toEqual(printed(before));
    await untilQuiet(data);
  }, 300_000);
});
