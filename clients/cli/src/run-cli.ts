import { CommanderError, type Command } from 'commander';
import { HeddleClient } from '@heddle/sdk';
import { CliError } from './cli.error.js';
import { describeError, type ErrorReport } from './describe-error.js';
import { EXIT } from './exit-codes.js';
import type { Keyboard } from './input/keyboard.js';
import { neutralise, oneLine } from './output/neutralise.js';
import { Output, type Sink } from './output/output.js';
import { noPager, type OpenPager } from './output/pager.js';
import { chooseStyle } from './output/style.js';
import { buildProgram } from './program.js';

export interface CliInput {
  /** Without node and script. */
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly signal: AbortSignal;
  readonly version: string;
  readonly now: () => Date;
  readonly readStdin: () => Promise<string>;
  readonly keyboard: Keyboard;
  /** Absent: long output goes where all output goes. */
  readonly openPager?: OpenPager;
}

/** Runs one command line. Never throws: what goes wrong is told on stderr and by the exit code. */
export async function runCli(input: CliInput): Promise<number> {
  let code: number = EXIT.ok;
  let isJson = asksForJson(input.args);
  const program = buildProgram(
    {
      session: ({ json }) => {
        isJson = json;
        return {
          out: new Output({ stdout: input.stdout, stderr: input.stderr, env: input.env, json }),
          signal: input.signal,
          env: input.env,
          now: input.now,
          client: () => HeddleClient.fromEnvironment(input.env),
          afterDashes: splitAtDashes(input.args).after,
          readStdin: input.readStdin,
          keyboard: input.keyboard,
          openPager: input.openPager ?? noPager,
        };
      },
      end: (ended) => {
        code = ended;
      },
    },
    input.version,
  );
  quietExit(program, input, isJson);
  try {
    await program.parseAsync([...input.args], { from: 'user' });
    return code;
  } catch (error) {
    if (input.signal.aborted) return EXIT.interrupted;
    if (isCommanderError(error)) {
      if (error.exitCode === 0) return EXIT.ok;
      // Otherwise commander has said it.
      if (isJson) tell(usageReport(error), input, isJson);
      return EXIT.usage;
    }
    const report = describeError(error);
    tell(report, input, isJson);
    return report.exitCode;
  }
}

/** By the words alone, for a command line that commander refuses: `--json` before `--`, and no option's value. */
function asksForJson(args: readonly string[]): boolean {
  const { own } = splitAtDashes(args);
  return own.some((word, index) => word === '--json' && own[index - 1] !== '--agent-arg');
}

function splitAtDashes(args: readonly string[]): {
  readonly own: readonly string[];
  readonly after: readonly string[];
} {
  const end = args.indexOf('--');
  return end === -1 ? { own: args, after: [] } : { own: args.slice(0, end), after: args.slice(end + 1) };
}

function usageReport({ message }: CommanderError): ErrorReport {
  return { exitCode: EXIT.usage, reason: 'USAGE', message: message.replace(/^error: /, '') };
}

/** Commander must not end the process, and writes where we write; of errors nothing where they are told as JSON. */
function quietExit(command: Command, { stdout, stderr }: CliInput, isJson: boolean): void {
  command.exitOverride();
  command.configureOutput({
    writeOut: (text) => stdout.write(text),
    writeErr: (text) => {
      if (!isJson) stderr.write(text);
    },
    getOutHelpWidth: () => stdout.columns ?? 80,
    getErrHelpWidth: () => stderr.columns ?? 80,
  });
  for (const child of command.commands) quietExit(child, { stdout, stderr } as CliInput, isJson);
}

function isCommanderError(error: unknown): error is CommanderError {
  return error instanceof CommanderError && !CliError.is(error);
}

function tell(report: ErrorReport, { env, stderr }: CliInput, isJson: boolean): void {
  const { reason, message, hint, violations = [], metadata = {} } = report;
  if (isJson) {
    stderr.write(`${JSON.stringify({ error: { reason, message, hint, violations, metadata } })}\n`);
    return;
  }
  const style = chooseStyle(stderr.isTerminal, env);
  // The fields follow, each by the name that it has here.
  const said = violations.length > 0 ? (message.split(': ')[0] ?? message) : message;
  const lines = [
    `${style.red('heddle:')} ${neutralise(said)} ${style.dim(`(${oneLine(reason)})`)}`,
    ...violations.map(({ field, description }) => `  ${style.bold(oneLine(field))}: ${oneLine(description)}`),
    ...(hint === undefined ? [] : [hint]),
  ];
  stderr.write(`${lines.join('\n')}\n`);
}
