import { isTaskEnded, type CheckInput, type CreateTaskInput, type HeddleClient, type Task } from '@heddle/sdk';
import { Option, type Command } from 'commander';
import { usageError } from '../../cli.error.js';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT, type ExitCode } from '../../exit-codes.js';
import { agentOf, withAgentOptions, type AgentOptions } from '../../input/agent-options.js';
import { collectCheck } from '../../input/check-option.js';
import { budgetOfRun, withRunBudgetOptions, type RunBudgetOptions } from '../../input/budget-options.js';
import { parseDuration } from '../../input/duration-option.js';
import { parseWholeNumber } from '../../input/number-option.js';
import { readInput } from '../../input/read-input.js';
import { wrongValue } from '../../input/wrong-value.js';
import { collectVariant, type VariantInput } from '../../input/variant-option.js';
import { shortId } from '../../output/short-id.js';
import { resolveEnvironmentId } from '../../resolve/resolve-environment.js';
import { resolveRepository } from '../../resolve/resolve-repository.js';
import type { Session } from '../../session.js';
import { answerLines, taskDetails } from '../../views/task-view.js';
import { watchBatch } from '../batch/watch.js';

interface Options extends JsonOption, AgentOptions, RunBudgetOptions {
  readonly prompt?: string;
  readonly promptFile?: string;
  readonly title?: string;
  readonly repo?: string;
  readonly repository?: string;
  readonly ref?: string;
  readonly check?: readonly CheckInput[];
  readonly accept?: readonly string[];
  readonly attempts?: number;
  readonly environment?: string;
  readonly priority?: number;
  readonly variant?: readonly VariantInput[];
  readonly earlyStop?: boolean;
  readonly mode?: keyof typeof MODES;
  readonly watch?: boolean;
  readonly timeout?: number;
}

const MODES = { code: 'CODE', ask: 'ASK', plan: 'PLAN' } as const;

/** However it was typed: the API's words are capitals. */
function parseMode(text: string): keyof typeof MODES {
  const mode = text.toLowerCase();
  if (mode in MODES) return mode as keyof typeof MODES;
  throw wrongValue(`one of ${Object.keys(MODES).join(', ')}`);
}

export function taskRun(runtime: Runtime): Command {
  const run = leaf('run', 'launch one task: what is to be done, and the agent: its kind, or -- and a command').argument(
    '[command...]',
    'a program and its arguments as the agent; it finds the prompt in the file $HEDDLE_PROMPT_FILE',
  );
  return withRunBudgetOptions(withAgentOptions(run, 'the one of the environment'))
    .option('-p, --prompt <text>', 'what is to be done')
    .option('--prompt-file <file>', 'the same from a file; - for standard input')
    .option('-t, --title <title>', 'by default the first line of the prompt')
    .option('-r, --repo <name-or-id>', 'repository; not needed where there is only one')
    .addOption(new Option('--repository <name-or-id>', 'the same').hideHelp())
    .option('--ref <ref>', 'branch, tag or commit to start from')
    .option(
      '-c, --check <name=command>',
      'a check that must pass before landing; may be given more than once',
      collectCheck,
    )
    .option(
      '--accept <criterion>',
      'what must be so in the end, shown with its evidence; may be given more than once',
      (text: string, earlier: readonly string[] | undefined) => [...(earlier ?? []), text],
    )
    .option('-n, --attempts <count>', 'attempts at it, 1 to 16; with variants: of each', parseWholeNumber)
    .option(
      '--variant <name=kind[:model]>',
      'attempts by this agent under this name; may be given more than once',
      collectVariant,
    )
    .option('--early-stop', 'stop the other attempts as soon as one has passed all checks')
    .option('--environment <name-or-id>', 'environment; by default the one of the repository')
    .option('--priority <1-5>', '1 is first', parseWholeNumber)
    .addOption(
      new Option(
        '--mode <mode>',
        'ask: wait for an answer and print it, nothing may be changed; plan: first a plan, for you to approve',
      )
        .choices(Object.keys(MODES))
        .argParser(parseMode),
    )
    .option('-w, --watch', 'stay and show the progress to the end')
    .option('--timeout <duration>', 'watch no longer than this', parseDuration)
    .action(
      action<[readonly string[]], Options>(runtime, async (session, options, command) => {
        const input = await taskInput(session, options, command);
        const { client, out, signal, now } = session;
        const heddle = await client();
        const repositoryId = await resolveRepository(heddle, options.repo ?? options.repository);
        const environmentId = await resolveEnvironmentId(heddle, options.environment);
        const task = await heddle.tasks.create(
          { ...input, repositoryId, environmentId },
          { signal, timeoutMs: 120_000 },
        );
        if (options.mode === 'ask') return answers(session, heddle, task, options);
        if (options.watch === true) return watchBatch(session, heddle, task.batchId, options.timeout);
        if (out.json) out.document(task);
        else out.lines(taskDetails(task, { style: out.style, columns: out.columns, now: now() }));
        out.note(`Follow it: heddle logs -f ${shortId(task.id)}, heddle watch ${shortId(task.batchId)}`);
        return EXIT.ok;
      }),
    );
}

/** Nothing but the answer is written to standard output, unless the progress was asked for too. */
async function answers(session: Session, heddle: HeddleClient, task: Task, options: Options): Promise<ExitCode> {
  const { out, signal } = session;
  if (options.watch === true) await watchBatch(session, heddle, task.batchId, options.timeout);
  const timeoutMs = options.watch === true ? 0 : options.timeout;
  const ended = await heddle.tasks.wait(task.id, { signal, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
  if (out.json) out.document(ended);
  else out.lines(answerLines(ended, { style: out.style }));
  if (ended.state === 'COMPLETED') return EXIT.ok;
  const { state, statusDetail } = ended;
  out.note(`${[state, statusDetail].join(' ').trim()}; see heddle task show ${shortId(task.id)}`);
  return isTaskEnded(ended) ? EXIT.workFailed : EXIT.timeLimit;
}

async function taskInput(session: Session, options: Options, command: readonly string[]): Promise<CreateTaskInput> {
  if (options.prompt !== undefined && options.promptFile !== undefined)
    throw usageError('Give the prompt once: --prompt or --prompt-file');
  const prompt = options.promptFile === undefined ? options.prompt : await readInput(session, options.promptFile);
  if (prompt === undefined || prompt.trim() === '') {
    throw usageError('A task needs a prompt', 'heddle run --prompt "Fix the typo" -- sed -i s/teh/the/ README.md');
  }
  return {
    prompt,
    title: options.title,
    budget: budgetOfRun(options),
    mode: options.mode === undefined ? undefined : MODES[options.mode],
    ref: options.ref,
    earlyStop: options.earlyStop,
    priority: options.priority,
    checks: options.check,
    acceptance: options.accept,
    ...agentsOf(options, command),
  };
}

/** With variants each of them has its agent, and as many attempts as asked for. */
function agentsOf(
  options: Options,
  command: readonly string[],
): Pick<CreateTaskInput, 'agent' | 'attempts' | 'variants'> {
  const { attempts, variant: variants } = options;
  const agent = agentOf(options, command);
  if (variants === undefined) return { agent, attempts };
  if (agent !== undefined)
    throw usageError(
      'Variants name their agents: give --variant, or --agent or a command; a batch file has room for all settings',
    );
  return { variants: variants.map((variant) => ({ ...variant, attempts })) };
}
