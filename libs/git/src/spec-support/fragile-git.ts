import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * While `work` runs, git is killed, before it says a word, where the shell condition holds. `$*` are its arguments,
 * `$input` is a file with what it was told.
 */
export async function withFragileGit<T>(condition: string, work: () => Promise<T>): Promise<T> {
  return withProgram(
    'git',
    ['input="$own/$$"', 'cat > "$input"', `if ${condition}; then kill -KILL $$; fi`, 'exec git "$@" < "$input"'],
    work,
  );
}

/** While `work` runs, a program is this shell script, in which the real one is to be found; `$own` is a directory of it. */
export async function withProgram<T>(name: string, lines: readonly string[], work: () => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'heddle-fragile-'));
  const path = process.env['PATH'] ?? '';
  const script = ['#!/bin/sh', `PATH='${path}'`, `own='${directory}'`, ...lines, ''].join('\n');
  await writeFile(join(directory, name), script, { mode: 0o755 });
  process.env['PATH'] = `${directory}:${path}`;
  try {
    return await work();
  } finally {
    process.env['PATH'] = path;
    await rm(directory, { recursive: true, force: true });
  }
}
