import type { GitLocation } from '../process/environment.js';
import { nulFields } from '../process/nul-fields.js';
import { runGit } from '../process/run-git.js';

/** The text files of a commit or tree that have both an opening and a closing conflict marker, each at a line's beginning. */
export async function filesWithMarkers(at: GitLocation, treeish: string, signal?: AbortSignal): Promise<Buffer[]> {
  const { stdout } = await runGit(
    ['grep', '--all-match', '-l', '-z', '-I', '--no-color', '-e', '^<<<<<<< ', '-e', '^>>>>>>> ', treeish],
    { ...at, okCodes: [0, 1], maxOutputBytes: 64 * 1024 * 1024, signal },
  );
  return nulFields(stdout).map((field) => field.subarray(treeish.length + 1));
}
