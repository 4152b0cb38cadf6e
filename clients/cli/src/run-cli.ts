import { CommanderError, type Command } from 'commander';
import { HeddleClient } from '@heddle/sdk';
import { CliError } from './cli.error.js';
import { describeError, type ErrorReport } from './describe-error.js';
import { EXIT } from './exit-codes.js';
import type { Keyboard } from './input/keyboard.js';
import { neutralise, oneLine } from './output/neutralise.js';
import { Output, type Sink } from './output/output.js';
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
}

/** Runs one command line. Never throws: what goes wrong is told on stderr and by the exit code. */
export async function runCli(input: CliInput): Promise<number> {
  let code: number = EXIT.ok;
  const program = buildProgram(
    {
      session: ({ json }) => ({
        out: new Output({ stdout: input.stdout, stderr: input.stderr, env: input.env, json }),
        signal: input.signal,
        env: input.env,
        now: input.now,
        client: () => HeddleClient.fromEnvironment(input.env),
        readStdin: input.readStdin,
        keyboard: input.keyboard,
      }),
      end: (ended) => {
        code = ended;
      },
    },
    input.version,
  );
  quietExit(program, input);
  try {
    await program.parseAsync([...input.args], { from: 'user' });
    return code;
  } catch (error) {
    if (input.signal.aborted) return EXIT.interrupted;
    if (isCommanderError(error)) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const report = describeError(error);
    tell(report, input);
    return report.exitCode;
  }
}

/** Commander must not end the process, and writes where we write. */
function quietExit(command: Command, { stdout, stderr }: CliInput): void {
  command.exitOverride();
  command.configureOutput({
    writeOut: (text) => stdout.write(text),
    writeErr: (text) => stderr.write(text),
    getOutHelpWidth: () => stdout.columns ?? 80,
    getErrHelpWidth: () => stderr.columns ?? 80,
  });
  for (const child of command.commands) quietExit(child, { stdout, stderr } as CliInput);
}

function isCommanderError(error: unknown): error is CommanderError {
  return error instanceof CommanderError && !CliError.is(error);
}

function tell(report: ErrorReport, { args, env, stderr }: CliInput): void {
  const { reason, message, hint, violations = [], metadata = {} } = report;
  if (args.includes('--json')) {
    stderr.write(`${JSON.stringify({ error: { reason, message, hint, violations, metadata } })}\n`);
    return;
  }
  const style = chooseStyle(stderr.isTerminal, env);
  const lines = [
    `${style.red('heddle:')} ${neutralise(message)} ${style.dim(`(${oneLine(reason)})`)}`,
    ...violations.map(({ field, description }) => `  ${style.bold(oneLine(field))}: ${oneLine(description)}`),
    ...(hint === undefined ? [] : [hint]),
  ];
  stderr.write(`${lines.join('\n')}\n`);
}
