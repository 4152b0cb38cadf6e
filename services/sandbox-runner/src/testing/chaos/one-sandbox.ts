import { setTimeout as delay } from 'node:timers/promises';
import { capture } from '../../runner/phases/capture.phase.js';
import { pause, resume } from '../../runner/phases/pause.phase.js';
import { provision } from '../../runner/phases/provision.phase.js';
import { release } from '../../runner/phases/release.phase.js';
import { runTurn } from '../../runner/phases/run-turn.phase.js';
import type { RunnerHarness } from '../runner-harness.js';
import { ABUSES } from './abuses.js';
import { pick, seeded } from './random.js';

const FATES = ['STOP', 'PAUSE', 'PAUSE_AND_RESUME', 'RELEASE', 'CAPTURE', 'CHECKPOINT'] as const;
/** An agent that can't even say that it is up (a fork bomb of its neighbour has the processor) is met as it is. */
const UP_LIMIT_MS = 3_000;

/** Starts one sandbox, lets its agent loose, and ends it in one of many ways. */
export async function oneSandbox(harness: RunnerHarness, seed: number, index: number): Promise<void> {
  const random = seeded(seed * 1_000_003 + index);
  const { context, signal } = harness;
  const id = `chaos-${String(index)}`;
  const script = pick(random, ABUSES);
  const owner = harness.attempt(id, ['bash', '-c', script], {
    limits: { processes: 64, memoryBytes: '134217728', outputBytes: '1000000' },
  });
  const name = { sandbox: `attempt-${id}-1` };
  await provision(context, owner, signal);
  const turn = runTurn(context, owner, 1, signal);
  // Its runner may be killed in the middle: then nobody is left to hear of it.
  turn.catch(() => undefined);
  const up = performance.now() + UP_LIMIT_MS;
  while (!harness.publisher.texts(id).includes('up') && performance.now() < up) await delay(10);
  await delay(random() * 200);
  const end = (): Promise<unknown> => context.supervisor.call('stop', { ...name, reason: 'CANCELLED', graceMs: 20 });
  switch (pick(random, FATES)) {
    case 'STOP':
      await end();
      await turn;
      break;
    case 'PAUSE':
      await pause(context, owner, signal).catch(() => undefined);
      break;
    case 'PAUSE_AND_RESUME':
      await pause(context, owner, signal).catch(() => undefined);
      await resume(context, owner, signal);
      break;
    case 'CAPTURE':
      await end();
      await turn;
      await capture(context, { owner, turn: 1, partial: true }, signal);
      break;
    case 'CHECKPOINT': {
      const sandbox = await context.sandboxes.get(owner);
      const [box] = [...(await sandbox.state()).boxes.values()];
      if (box !== undefined)
        await context.checkpoints
          .takeFrozen(sandbox, { box, turn: 1, final: false, partial: true, at: Date.now(), signal })
          .catch(() => undefined);
      break;
    }
    case 'RELEASE':
      break;
  }
  await release(context, owner);
}
