import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Attempt, Repository, Runner } from '@heddle/sdk';
import { eventually } from '../support/bounds.js';
import { Cli } from '../support/doors/cli.js';
import { SampleRepository } from '../support/git/sample-repository.js';
import { usePlatform } from '../support/platform/use-platform.js';
import { bashTask, gated } from '../support/work/agents.js';
import { openGate } from '../support/work/gates.js';
import { attemptEnded, attemptsOf, createBatch, registerRepository } from '../support/work/launch.js';
import { untilPrinted } from '../support/work/log-reader.js';

const platform = usePlatform({ HEDDLE_RUNNER_SLOTS: '4' });

describe('a runner that drains', () => {
  let cli: Cli;
  let repository: Repository;

  beforeAll(async () => {
    cli = new Cli({ HEDDLE_DATA_DIR: platform.dataDirectory });
    const origin = await SampleRepository.make(platform.scratch, { 'a.txt': 'a\n' });
    repository = await registerRepository(platform.rest, origin.path);
  });

  const heddle = <T>(...args: string[]): Promise<T> => cli.json<T>(args, { cwd: platform.scratch });
  /** The only one, once it has reported itself. */
  const runnerThat = (what: string, is: (runner: Runner) => boolean): Promise<Runner> =>
    eventually(`the runner ${what}`, async () =>
      (await heddle<{ runners: Runner[] }>('admin', 'runners')).runners.find(is),
    );
  const reaches = (state: Runner['state']): Promise<Runner> =>
    runnerThat(`is ${state}`, (runner) => runner.state === state);
  const launch = async (script: string): Promise<Attempt> => {
    const batch = await createBatch(platform.rest, repository, [bashTask('Work', script)]);
    const [attempt] = attemptsOf(batch);
    if (attempt === undefined) throw new Error('unreachable: one task');
    return attempt;
  };
  const stateOf = async ({ id }: Attempt): Promise<string> =>
    (await platform.rest.get<Attempt>(`/v1/attempts/${id}`)).state;

  it('ends what it has and claims nothing, over every restart, until it is undrained', async () => {
    const work = gated();
    const running = await launch(work.script);
    await untilPrinted(platform.rest, running.id, 'start 1');
    const { id } = await reaches('ACTIVE');
    expect(await heddle<Runner>('admin', 'runners', 'drain', id)).toMatchObject({ drainTime: expect.anything() });
    await reaches('DRAINING');
    const waiting = await launch('echo free > free.txt');
    await openGate(work.gate);
    expect(await attemptEnded(platform.rest, running.id)).toMatchObject({ state: 'COMPLETED', restartCount: 0 });
    // Three slots were free all the while.
    expect(await stateOf(waiting)).toBe('QUEUED');

    platform.kill('scheduler');
    await platform.restarted('scheduler');
    platform.kill('sandbox-runner');
    await platform.restarted('sandbox-runner');
    const restarted = Date.now();
    const after = await runnerThat('reports itself', (one) => Date.parse(one.lastSeenTime ?? '') > restarted);
    expect(after).toMatchObject({ id, state: 'DRAINING', used: 0 });
    expect(await stateOf(waiting)).toBe('QUEUED');

    await heddle('admin', 'runners', 'undrain', id);
    expect(await attemptEnded(platform.rest, waiting.id)).toMatchObject({ state: 'COMPLETED', runnerId: id });
    expect(await reaches('ACTIVE')).not.toHaveProperty('drainTime');
  });
});
