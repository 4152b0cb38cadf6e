import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { agentOf, withAgentOptions, type AgentOptions } from '../../input/agent-options.js';
import { oneLine } from '../../output/neutralise.js';
import { shortId } from '../../output/short-id.js';
import { taskOf } from '../../resolve/resolve-task.js';
import { statePaint } from '../../views/state-paint.js';

interface Options extends JsonOption, AgentOptions {
  readonly variant?: string;
}

export function taskRetry(runtime: Runtime): Command {
  const retry = leaf('retry', 'make one more attempt at a task, from the same base')
    .argument('<task>', 'id of the task or of its attempt, or part of it')
    .argument('[command...]', 'a program and its arguments as the agent');
  return withAgentOptions(retry, "the task's, or the variant's")
    .option('--variant <name>', 'one more of this variant; a task that has variants needs it, or an agent')
    .action(
      action<[string, readonly string[]], Options>(
        runtime,
        async ({ client, out, signal }, { variant, ...options }, text, command) => {
          const agent = agentOf(options, command);
          const heddle = await client();
          const taskId = await taskOf(heddle, text, signal);
          const attempt = await heddle.attempts.create(taskId, { variant, agent }, { signal });
          if (out.json) out.document(attempt);
          else {
            const state = statePaint(out.style, attempt.state)(attempt.state);
            const of = attempt.variant === '' ? '' : ` of ${oneLine(attempt.variant)}`;
            out.line(`attempt ${shortId(attempt.id)}  number ${String(attempt.attemptNumber)}${of}  ${state}`);
          }
          out.note(`Follow it: heddle logs -f ${shortId(attempt.id)}`);
          return EXIT.ok;
        },
      ),
    );
}
