import { posix } from 'node:path';
import type { AgentPlaces, PlatformFile } from '../agent-adapter.js';

export function promptFile(turn: number, prompt: string): PlatformFile {
  return { name: `prompt-${String(turn)}.md`, content: prompt };
}

/**
 * A command whose standard input is the prompt: of any length, never taken for an option, and not in the list of processes.
 * The script is a constant, the command its arguments.
 * @param settings a file of the platform for a program that reads its settings from the home alone
 */
export function withPrompt(
  command: readonly string[],
  file: PlatformFile,
  places: AgentPlaces,
  settings?: { readonly file: PlatformFile; readonly inHome: string },
): string[] {
  const inside = ({ name }: PlatformFile): string => posix.join(places.run, name);
  if (settings === undefined) return ['bash', '-c', 'exec "$@" <"$0"', inside(file), ...command];
  const script = 'install -D -m 600 -- "$1" "$2" && shift 2 && exec "$@" <"$0"';
  const target = posix.join(places.home, settings.inHome);
  return ['bash', '-c', script, inside(file), inside(settings.file), target, ...command];
}
