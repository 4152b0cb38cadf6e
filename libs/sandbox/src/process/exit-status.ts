import { readFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { errnoOf } from '../sandbox-error.js';

/** What bubblewrap's --json-status-fd (and the unsafe driver, in the same words) wrote about a process. */
export interface StatusFile {
  /** Process 1 of the sandbox's pid namespace, as the host numbers it. */
  readonly initPid: number | undefined;
  readonly pidNamespace: string | undefined;
  readonly exitCode: number | undefined;
}

export async function readStatusFile(path: string): Promise<StatusFile> {
  let text = '';
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
  return parseStatusFile(text);
}

export function parseStatusFile(text: string): StatusFile {
  const number = (key: string): number | undefined => {
    const match = new RegExp(`"${key}"\\s*:\\s*(\\d+)`).exec(text);
    return match?.[1] === undefined ? undefined : Number(match[1]);
  };
  const namespace = number('pid-namespace');
  return {
    initPid: number('child-pid'),
    pidNamespace: namespace === undefined ? undefined : `pid:[${String(namespace)}]`,
    exitCode: number('exit-code'),
  };
}

/** A shell and bubblewrap report death by signal N as 128 + N. */
export function signalOf(exitCode: number | undefined): string | undefined {
  if (exitCode === undefined || exitCode <= 128) return undefined;
  return Object.entries(constants.signals).find(([, number]) => number === exitCode - 128)?.[0];
}
