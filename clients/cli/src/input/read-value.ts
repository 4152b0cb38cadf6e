import { usageError } from '../cli.error.js';
import type { Session } from '../session.js';
import { readInput } from './read-input.js';

/** A value that is no argument: the list of processes and the shell's history would have it. One line break at its end is dropped. */
export async function readValue(session: Session, file: string): Promise<string> {
  const value = (await readInput(session, file)).replace(/\r?\n$/, '');
  const source = file === '-' ? 'Standard input' : file;
  if (value === '') throw usageError(`${source} is empty: it must hold the value`);
  // What is no UTF-8 would be stored as something else.
  if (value.includes('\ufffd'))
    throw usageError(`${source} holds what is no UTF-8 text; encode it, for example as base64`);
  return value;
}
