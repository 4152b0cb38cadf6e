import { Command } from 'commander';
import { EXIT } from './exit-codes.js';
import type { Session } from './session.js';

/** Opens the session of a command once its options are known, and takes its exit code. */
export interface Runtime {
  session(options: { readonly json: boolean }): Session;
  end(code: number): void;
}

export type Handler<Args extends readonly unknown[], Options> = (
  session: Session,
  options: Options,
  ...args: Args
) => Promise<number | undefined>;

/** A command that does something; each has --json. */
export function leaf(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--json', 'print JSON as the API gives it; streams print one document per line')
    .showHelpAfterError('(add --help for the details)');
}

/** A noun with its verbs. */
export function group(name: string, description: string, verbs: readonly Command[]): Command {
  const command = new Command(name).description(description);
  for (const verb of verbs) command.addCommand(verb);
  return command;
}

/** Adapts a handler to commander, which hands over arguments, options and the command itself. */
export function action<Args extends readonly unknown[], Options extends { readonly json?: boolean }>(
  runtime: Runtime,
  handler: Handler<Args, Options>,
): (...all: unknown[]) => Promise<void> {
  return async (...all) => {
    const command = all.at(-1) as Command;
    // A verb below a command that does something itself: commander gives what both know to the one above.
    const options = command.optsWithGlobals<Options>();
    const args = all.slice(0, -2) as unknown as Args;
    const code = await handler(runtime.session({ json: options.json === true }), options, ...args);
    runtime.end(code ?? EXIT.ok);
  };
}

export interface JsonOption {
  readonly json?: boolean;
}
