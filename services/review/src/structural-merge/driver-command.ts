import { showPath } from '@heddle/git';
import { z } from 'zod';

/** The names of the three versions in the driver's working directory, by the placeholders that git has for them. */
export const VERSION_FILES = { '%O': 'base', '%A': 'ours', '%B': 'theirs' } as const;
const PATH = '%P';
const KNOWN: ReadonlySet<string> = new Set([...Object.keys(VERSION_FILES), PATH, '%%']);

const SHAPE = 'must be a JSON array of texts: the absolute path of a program, then its arguments';

/** The setting: a JSON array as git's own `merge.*.driver` in words. The merge is what the driver leaves in %A. */
export function driverCommand(): z.ZodType<readonly string[], string> {
  return z
    .string()
    .transform(parseJson)
    .pipe(
      z
        .array(z.string({ error: SHAPE }).regex(/^[^\0]+$/, SHAPE), { error: SHAPE })
        .min(1, SHAPE)
        .refine(([program = '']) => program.startsWith('/') && !program.includes('%'), SHAPE)
        .refine(
          ([, ...args]) =>
            Object.keys(VERSION_FILES).every((name) => args.some((arg) => placeholders(arg).includes(name))),
          'must have %O, %A and %B among its arguments: the base, ours, which becomes the merge, and theirs',
        )
        .refine(
          (words) => words.flatMap(placeholders).every((name) => KNOWN.has(name)),
          'has a placeholder that is none of %O, %A, %B, %P and %%',
        ),
    );
}

/**
 * The driver's arguments for a file.
 * @returns undefined where it has a name that no argument can have
 */
export function driverArguments(command: readonly string[], path: Buffer): string[] | undefined {
  const { path: name, pathBytes } = showPath(path);
  if (pathBytes !== undefined) return undefined;
  const values: Readonly<Record<string, string>> = {
    ...VERSION_FILES,
    // Agents choose names: none may be an option.
    [PATH]: name.startsWith('-') ? `./${name}` : name,
    '%%': '%',
  };
  return command.slice(1).map((arg) => arg.replaceAll(/%./gsu, (found) => values[found] ?? found));
}

function placeholders(text: string): string[] {
  return [...text.matchAll(/%(?:.|$)/gsu)].map(([found]) => found);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
