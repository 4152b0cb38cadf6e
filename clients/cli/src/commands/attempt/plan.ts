import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { parseWholeNumber } from '../../input/number-option.js';
import { readInput } from '../../input/read-input.js';
import { neutralise } from '../../output/neutralise.js';
import { shortId } from '../../output/short-id.js';
import { attemptOf } from '../../resolve/resolve-attempt.js';
import { locate } from '../../resolve/locate.js';
import { statePaint } from '../../views/state-paint.js';

interface ApproveOptions extends JsonOption {
  readonly edit?: string;
  readonly planVersion?: number;
}

export function planShow(runtime: Runtime): Command {
  return leaf('show', 'print what the agent would do')
    .argument('<id>', 'attempt, or a task for its newest attempt')
    .action(
      action<[string], JsonOption>(runtime, async ({ client, out, signal }, _options, text) => {
        const heddle = await client();
        const id = await attemptOf(heddle, await locate(heddle, ['attempt', 'task'], text));
        const plan = await heddle.attempts.plan(id, { signal });
        if (out.json) out.document(plan);
        else out.line(neutralise(plan.approvedText ?? plan.text).trimEnd());
        if (plan.approveTime === undefined)
          out.note(`Let it begin: heddle plan approve ${shortId(id)}, or with --edit FILE another plan in its place`);
        else out.note(plan.approvedText === undefined ? 'It was approved.' : 'It was approved in this form.');
        return EXIT.ok;
      }),
    );
}

export function planApprove(runtime: Runtime): Command {
  return leaf('approve', 'let the agent carry out its plan')
    .argument('<id>', 'attempt, or a task for its newest attempt')
    .option('--edit <file>', 'a plan to be carried out in place of its own; - for standard input')
    .option('--plan-version <number>', 'refuse if there is another one by now; by default the newest', parseWholeNumber)
    .action(
      action<[string], ApproveOptions>(runtime, async (session, { edit, planVersion }, text) => {
        const instead = edit === undefined ? undefined : await readInput(session, edit);
        const { client, out, signal } = session;
        const heddle = await client();
        const id = await attemptOf(heddle, await locate(heddle, ['attempt', 'task'], text));
        const attempt = await heddle.attempts.approvePlan(id, { planVersion, text: instead }, { signal });
        if (out.json) out.document({ attempt });
        else out.line(`attempt ${shortId(attempt.id)}  ${statePaint(out.style, attempt.state)(attempt.state)}`);
        out.note(`Follow it: heddle logs -f ${shortId(id)}, heddle watch ${shortId(attempt.batchId)}`);
        return EXIT.ok;
      }),
    );
}
