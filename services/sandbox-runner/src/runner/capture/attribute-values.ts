import { nulFields, nulJoin, runGit } from '@heddle/git';
import type { StageGit } from './update-index.js';

/** What the attribute files of an index say of paths: for each, the values in the order of `names`. */
export async function attributeValues(
  paths: readonly Buffer[],
  names: readonly string[],
  git: StageGit,
): Promise<string[]> {
  if (paths.length === 0) return [];
  const { stdout } = await runGit(['check-attr', '--cached', '-z', '--stdin', ...names], {
    ...git,
    cwd: git.workTree,
    input: nulJoin(paths),
    maxOutputBytes: 1024 * 1024 * 1024,
  });
  const fields = nulFields(stdout);
  return paths.map((_, index) =>
    names.map((__, place) => fields[3 * (index * names.length + place) + 2]?.toString('latin1') ?? '').join('\0'),
  );
}
