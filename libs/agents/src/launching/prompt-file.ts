import { posix } from 'node:path';
import type { AgentPlaces, PlatformFile, TurnRequest } from '../agent-adapter.js';

export function promptFile(turn: number, prompt: string): PlatformFile {
  return { name: `prompt-${String(turn)}.md`, content: prompt };
}

/** For a program that finds out by itself that its conversation is lost. */
export function promptFileAfresh(turn: number, prompt: string): PlatformFile {
  return { name: `prompt-${String(turn)}-afresh.md`, content: prompt };
}

/** A file of the platform for a program that reads it from its home alone. */
export interface HomeFile {
  readonly file: PlatformFile;
  readonly inHome: string;
  /** Behind what a set-up has put there; else in the place of it. */
  readonly appends?: boolean;
}

/** `$1` goes to `$2`. */
const PLACE = 'install -D -m 600 -- "$1" "$2"';
const APPEND = 'mkdir -p -- "${2%/*}" && { [ ! -s "$2" ] || echo >>"$2"; } && cat -- "$1" >>"$2"';

/**
 * A command whose standard input is the prompt: of any length, never taken for an option, and not in the list of processes.
 * The script is made of constants, the command its arguments.
 */
export function withPrompt(
  command: readonly string[],
  file: PlatformFile,
  places: AgentPlaces,
  home: readonly HomeFile[] = [],
): string[] {
  const inside = ({ name }: PlatformFile): string => posix.join(places.run, name);
  const puts = home.map(({ appends }) => `${appends === true ? APPEND : PLACE} && shift 2 && `);
  return [
    'bash',
    '-c',
    `${puts.join('')}exec "$@" <"$0"`,
    inside(file),
    ...home.flatMap((each) => [inside(each.file), posix.join(places.home, each.inHome)]),
    ...command,
  ];
}

/** What holds for the whole task, where the program reads it by itself beside what the repository says; none where nothing does. */
export function instructionFiles({ turn, instructions }: TurnRequest, inHome: string): HomeFile[] {
  if (instructions === undefined || instructions === '') return [];
  const file = { name: `instructions-${String(turn)}.md`, content: instructions };
  return [{ file, inHome, appends: true }];
}
