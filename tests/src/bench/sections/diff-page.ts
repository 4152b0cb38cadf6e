import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { changedFiles, filePatches, parseHunks } from '@heddle/git';
import { gitWithInput } from '../../support/git/git.js';
import { makeLargeRepository } from '../../support/git/large-repository.js';
import { median, repeated } from '../measure.js';
import { ms, type Row } from '../report.js';

const FILES = 5_000;
const PAGE = 50;
const TIMES = 9;
const GOAL_MS = 150;
const BYTES = 512 * 1024;
const run = promisify(execFile);

/** A change of 5,000 files: its first page with the list of its files, and a further one, against the whole by `git diff`. */
export async function diffPage(): Promise<Row[]> {
  const root = await mkdtemp(join(tmpdir(), 'heddle-bench-diff-'));
  try {
    const { path, branch } = await makeLargeRepository(root, FILES);
    const base = await revision(path, branch);
    const head = await editAll(path, branch);
    const at = { gitDir: path };
    const page = async (start: number, files: Awaited<ReturnType<typeof changedFiles>>): Promise<void> => {
      const shown = files.slice(start, start + PAGE);
      const patches = await filePatches({ ...at, base, head, files: shown, maxBytesPerFile: BYTES, maxBytes: BYTES });
      const hunks = patches.flatMap((patch) => (patch.kind === 'TEXT' ? parseHunks(patch.patch) : []));
      if (hunks.length < PAGE) throw new Error(`a page of ${String(PAGE)} files has ${String(hunks.length)} hunks`);
    };
    const first = median(await repeated(TIMES, async () => page(0, await changedFiles(at, base, head))));
    const known = await changedFiles(at, base, head);
    const further = median(await repeated(TIMES, (index) => page((index + 1) * PAGE, known)));
    const whole = median(
      await repeated(TIMES, () => run('git', ['diff', '-M', base, head], { cwd: path, maxBuffer: 1024 * 1024 * 1024 })),
    );
    const of = `of a change of ${FILES.toLocaleString('en')} files, against all of it by git diff`;
    return [
      {
        what: `first page, with the list of all files, ${of}`,
        heddle: ms(first),
        alternative: ms(whole),
        ratio: whole / first,
        goal: { text: `under ${String(GOAL_MS)} ms`, met: first < GOAL_MS },
      },
      { what: `a further page ${of}`, heddle: ms(further), alternative: ms(whole), ratio: whole / further },
    ];
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function revision(path: string, name: string): Promise<string> {
  return (await run('git', ['rev-parse', name], { cwd: path })).stdout.trim();
}

/** One line of every file. */
async function editAll(path: string, branch: string): Promise<string> {
  const { stdout } = await run('git', ['ls-tree', '-r', '-z', '--name-only', branch], {
    cwd: path,
    maxBuffer: 1 << 26,
  });
  const edits = stdout
    .split('\0')
    .filter((name) => name !== '')
    .map((name) => {
      const content = `edited ${name}\n`;
      return `M 100644 inline ${name}\ndata ${String(content.length)}\n${content}\n`;
    });
  const commit = `commit refs/heads/edited\ncommitter A. Weaver <weaver@example.com> 1704067200 +0000\ndata 6\nchange\nfrom refs/heads/${branch}\n`;
  await gitWithInput(path, commit + edits.join(''), 'fast-import', '--quiet');
  return revision(path, 'edited');
}
