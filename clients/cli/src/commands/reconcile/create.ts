import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { usageError } from '../../cli.error.js';
import { EXIT } from '../../exit-codes.js';
import { agentOf, withAgentOptions, type AgentOptions } from '../../input/agent-options.js';
import { parseDuration } from '../../input/duration-option.js';
import { reconcileInput, withReconcileOptions, type ReconcileOptions } from '../../input/reconcile-options.js';
import { shortId } from '../../output/short-id.js';
import { reconciliationLines } from '../../views/reconciliation-view.js';
import { outcomeOf } from './outcome.js';

interface Options extends JsonOption, ReconcileOptions, AgentOptions {
  readonly instructions?: string;
  readonly wait: boolean;
  readonly timeout?: number;
}

export function reconcileCreate(runtime: Runtime): Command {
  const create = leaf(
    'create',
    'make one change of several, and wait for it; -- and a command: a program as the agent',
  );
  return withAgentOptions(withReconcileOptions(create), 'the one of the environment')
    .option('-i, --instructions <text>', 'what the agent is to know, should it be needed')
    .option('--no-wait', 'return as soon as it is queued')
    .option('--timeout <duration>', 'wait no longer than this (exit code 5)', parseDuration)
    .action(
      action<[readonly string[]], Options>(runtime, async (session, options, words) => {
        const { client, out, signal, now, afterDashes } = session;
        const texts = words.slice(0, words.length - afterDashes.length);
        if (texts.length === 0) throw usageError('Say which changes are to be one, before --');
        const heddle = await client();
        const made = await heddle.reconciliations.create(
          {
            ...(await reconcileInput(heddle, texts, options)),
            agent: agentOf(options, afterDashes),
            instructions: options.instructions,
          },
          { signal },
        );
        if (options.wait) return outcomeOf(session, heddle, made.id, options.timeout);
        if (out.json) out.document(made);
        else out.lines(reconciliationLines(made, { style: out.style, columns: out.columns, now: now() }));
        out.note(`Wait for it: heddle reconcile wait ${shortId(made.id)}`);
        return EXIT.ok;
      }),
    );
}
