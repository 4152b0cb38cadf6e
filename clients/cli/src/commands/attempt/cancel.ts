import type { HeddleClient } from '@heddle/sdk';
import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { shortId } from '../../output/short-id.js';
import { locate, type Located } from '../../resolve/locate.js';
import { statePaint } from '../../views/state-paint.js';

const STOPPED: ReadonlySet<string> = new Set(['COMPLETED', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'CANCELLED', 'EJECTED']);

/** One verb for all that runs: people have an id in hand and want it to stop. */
export function cancel(runtime: Runtime): Command {
  return leaf(
    'cancel',
    'stop an attempt, a task, a batch or a job, or take a landing out of its queue; what was made is kept',
  )
    .argument('<id>', 'attempt, task, batch, job or landing')
    .action(
      action<[string], JsonOption>(runtime, async ({ client, out, signal }, _options, text) => {
        const heddle = await client();
        const located = await locate(heddle, ['attempt', 'task', 'batch', 'landing', 'job'], text);
        const resource = await stop(heddle, located, signal);
        const { state } = resource;
        if (out.json) out.document({ [located.kind]: resource });
        else out.line(`${located.kind} ${shortId(located.id)}  ${statePaint(out.style, state)(state)}`);
        if (!STOPPED.has(state)) out.note('It is being stopped; what it made is kept.');
        return EXIT.ok;
      }),
    );
}

function stop(heddle: HeddleClient, { kind, id }: Located, signal: AbortSignal): Promise<{ readonly state: string }> {
  if (kind === 'attempt') return heddle.attempts.cancel(id, { signal });
  if (kind === 'task') return heddle.tasks.cancel(id, { signal });
  if (kind === 'batch') return heddle.batches.cancel(id, { signal });
  if (kind === 'job') return heddle.jobs.cancel(id, { signal });
  return heddle.landings.eject(id, { signal });
}
