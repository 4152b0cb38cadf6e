import type { Attempt, HeddleClient } from '@heddle/sdk';
import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { shortId } from '../../output/short-id.js';
import { attemptOf } from '../../resolve/resolve-attempt.js';
import { locate } from '../../resolve/locate.js';
import { statePaint } from '../../views/state-paint.js';

export function attemptPause(runtime: Runtime): Command {
  const what = 'freeze everything in its sandbox; its time limit stops, its slot stays taken';
  return turn(runtime, 'pause', what, 'It is being paused.', (client, id, signal) =>
    client.attempts.pause(id, { signal }),
  );
}

export function attemptResume(runtime: Runtime): Command {
  return turn(
    runtime,
    'resume',
    'let a paused attempt go on where it was',
    'It is being resumed.',
    (client, id, signal) => client.attempts.resume(id, { signal }),
  );
}

function turn(
  runtime: Runtime,
  verb: 'pause' | 'resume',
  description: string,
  note: string,
  call: (client: HeddleClient, id: string, signal: AbortSignal) => Promise<Attempt>,
): Command {
  return leaf(verb, description)
    .argument('<id>', 'attempt, or a task for its newest attempt')
    .action(
      action<[string], JsonOption>(runtime, async ({ client, out, signal }, _options, text) => {
        const heddle = await client();
        const id = await attemptOf(heddle, await locate(heddle, ['attempt', 'task'], text));
        const attempt = await call(heddle, id, signal);
        if (out.json) out.document({ attempt });
        else {
          const { state, statusDetail } = attempt;
          out.line(`attempt ${shortId(id)}  ${statePaint(out.style, state)(state)} ${statusDetail}`.trimEnd());
        }
        const isDone = (attempt.pauseTime !== undefined) === (verb === 'pause');
        if (!isDone) out.note(note);
        return EXIT.ok;
      }),
    );
}
