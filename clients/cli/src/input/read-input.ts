import { readFile } from 'node:fs/promises';
import { usageError } from '../cli.error.js';
import type { Session } from '../session.js';

/** Text of a file, or of standard input for `-`. */
export async function readInput(session: Session, file: string): Promise<string> {
  if (file === '-') return session.readStdin();
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw usageError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
