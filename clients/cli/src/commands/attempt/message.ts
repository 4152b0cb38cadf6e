import { Option, type Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { readInput } from '../../input/read-input.js';
import { shortId } from '../../output/short-id.js';
import { attemptOf } from '../../resolve/resolve-attempt.js';
import { locate } from '../../resolve/locate.js';
import { statePaint } from '../../views/state-paint.js';

interface Options extends JsonOption {
  readonly interrupt?: boolean;
  readonly steer?: boolean;
}

export function message(runtime: Runtime): Command {
  return leaf(
    'message',
    'tell an agent what to do next: the same conversation, on the same tree, also after it has ended',
  )
    .argument('<id>', 'attempt, or a task for its newest attempt')
    .argument('<text>', 'the message; - for standard input')
    .option('--interrupt', 'end the turn that runs for it, instead of waiting; what it made is kept')
    .addOption(new Option('--steer', 'tell it in the turn that runs, which Claude Code takes').conflicts('interrupt'))
    .action(
      action<[string, string], Options>(runtime, async (session, { interrupt, steer }, name, words) => {
        const { client, out, signal } = session;
        const text = words === '-' ? await readInput(session, '-') : words;
        const heddle = await client();
        const id = await attemptOf(heddle, await locate(heddle, ['attempt', 'task'], name));
        const delivery = steer === true ? 'STEER' : interrupt === true ? 'INTERRUPT' : 'QUEUE';
        const attempt = await heddle.attempts.sendMessage(id, { text, delivery }, { signal });
        if (out.json) out.document({ attempt });
        else out.line(`attempt ${shortId(id)}  ${statePaint(out.style, attempt.state)(attempt.state)}`);
        if (steer === true) {
          out.note(`It is told within seconds; whether it was: heddle attempt turns ${shortId(id)}`);
          return EXIT.ok;
        }
        const begins = attempt.state === 'QUEUED' ? 'Its next turn begins' : 'It is the next turn';
        out.note(`${begins}; see its turns: heddle attempt turns ${shortId(id)}`);
        return EXIT.ok;
      }),
    );
}
