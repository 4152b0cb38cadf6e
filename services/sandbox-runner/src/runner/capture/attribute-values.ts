import { nulFields, nulJoin, runGit } from '@heddle/git';
import type { StageGit } from './update-index.js';

/**
 * What attribute files say of paths: for each, the values in the order of `names`.
 * @param from the index alone, or the work tree where that has the file: git skips a byte order mark only there
 */
export async function attributeValues(
  paths: readonly Buffer[],
  names: readonly string[],
  git: StageGit,
  from: 'INDEX' | 'WORK_TREE',
): Promise<string[]> {
  if (paths.length === 0) return [];
  const source = from === 'INDEX' ? ['--cached'] : [];
  const { stdout } = await runGit(['check-attr', ...source, '-z', '--stdin', ...names], {
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
