import { setTimeout as delay } from 'node:timers/promises';
import { ActiveOwners } from '../../runner/activities/active-owners.js';
import { Adoption } from '../../runner/adoption/adoption.js';
import { release } from '../../runner/phases/release.phase.js';
import { RunnerHarness } from '../runner-harness.js';
import { oneSandbox } from './one-sandbox.js';

/**
 * A runner process to be killed: takes over what an earlier one left, lets go of what nobody wants any more, and works
 * off its sandboxes. Says `begun <index>` and `done <index>` of each. Arguments: directory, base commit, seed, how many at
 * once, indices.
 */
const [directory = '', baseCommit = '', seed = '', atOnce = '', ...indices] = process.argv.slice(2);
const harness = await RunnerHarness.join(directory, baseCommit);
const { context } = harness;
// Floods of hundreds of agents are not for this process to remember.
harness.publisher.mostLines = 1_000;
await new Adoption(context, new ActiveOwners()).takeOver();
for (const sandbox of await context.sandboxes.list())
  if (!(await sandbox.state()).released) await release(context, sandbox.owner);
const waiting = indices.map(Number);
await Promise.all(
  Array.from({ length: Number(atOnce) }, async () => {
    for (let index = waiting.shift(); index !== undefined; index = waiting.shift()) {
      process.stdout.write(`begun ${String(index)}\n`);
      await oneSandbox(harness, Number(seed), index).catch((error: unknown) => {
        process.stdout.write(`failed ${String(index)} ${error instanceof Error ? error.message : String(error)}\n`);
      });
      process.stdout.write(`done ${String(index)}\n`);
    }
  }),
);
// As long as it takes: on a busy host many floods of output are still on their way into the log.
while (context.clearing.count > 0) await delay(50);
process.exit(0);
