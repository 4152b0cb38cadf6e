import { CommanderError, type Command } from 'commander';
import { CliError } from './cli.error.js';
import { buildProgram } from './program.js';

export interface CommandLineMistake {
  readonly message: string;
  /** An argument, a verb or an option that has to be given is not there: what is there is right as far as it goes. */
  readonly isIncomplete: boolean;
}

const INCOMPLETE = new Set([
  'commander.help',
  'commander.missingArgument',
  'commander.missingMandatoryOptionValue',
  'commander.optionMissingArgument',
]);

/**
 * What is wrong with a command line, found without running it: for whoever writes command lines down.
 * @param args without the program's own name
 * @returns undefined where its command would begin
 */
export async function commandLineMistake(args: readonly string[]): Promise<CommandLineMistake | undefined> {
  const begun = new Error('the command begins');
  const program = buildProgram(
    {
      session: () => {
        throw begun;
      },
      end: () => undefined,
    },
    '',
  );
  silence(program);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return undefined;
  } catch (error) {
    if (error === begun) return undefined;
    if (CliError.is(error)) return { message: error.message, isIncomplete: false };
    if (error instanceof CommanderError) return { message: error.message, isIncomplete: INCOMPLETE.has(error.code) };
    throw error;
  }
}

function silence(command: Command): void {
  command.exitOverride().configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
  for (const child of command.commands) silence(child);
}
