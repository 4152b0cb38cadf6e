import { createHash } from 'node:crypto';
import { filePatches, showPath, type ChangedFile, type FilePatch } from '@heddle/git';
import { pathGlob } from '@heddle/sandbox';
import type { TestPolicy } from './test-policy.js';

/** What ranks a change, of what is in it. Paths are readable. */
export interface Work {
  /** SHA-256 of what it does apart from tests; white space within and behind lines, and empty lines, don't count. */
  readonly solution: string;
  readonly changedLines: number;
  readonly forbidden: readonly string[];
  readonly deletedTests: readonly string[];
  readonly skippedTests: readonly string[];
  readonly changedTests: readonly string[];
  /** Words for what there is to look at first. */
  readonly risks: readonly string[];
  /** Test files that it adds, changes or takes away. */
  readonly tests: readonly ChangedFile[];
}

const FILE_BYTES = 1024 * 1024;
const BYTES = 16 * 1024 * 1024;

const RISKS = [
  {
    word: 'CI',
    globs: ['.github/workflows/**', '.gitlab-ci.yml', 'Jenkinsfile', '.circleci/**', 'azure-pipelines.yml'],
  },
  {
    word: 'DEPENDENCIES',
    globs: [
      'package.json',
      '*-lock.json',
      '*-lock.yaml',
      '*.lock',
      'go.mod',
      'go.sum',
      'Cargo.toml',
      'requirements*.txt',
      'pyproject.toml',
      'pom.xml',
      '*.gradle',
    ],
  },
  { word: 'MIGRATION', globs: ['**/migrations/**', '**/migrate/**'] },
].map(({ word, globs }) => ({ word, globs: globs.map(pathGlob) }));

/** How tests are left out without being deleted, in the languages that have a word for it. */
const SKIPS =
  /\.(?:skip|todo|failing)\s*\(|\b(?:xit|xdescribe|xtest)\s*\(|pytest\.(?:mark\.)?(?:skip|xfail)|unittest\.skip|\bt\.Skip|#\[ignore|@(?:Disabled|Ignore)\b|\bpending\s*\(/;

export async function readWork(
  gitDir: string,
  { base, head, files }: { readonly base: string; readonly head: string; readonly files: readonly ChangedFile[] },
  policy: TestPolicy,
): Promise<Work> {
  const patches =
    files.length === 0
      ? []
      : await filePatches({ gitDir, base, head, files, context: 0, maxBytesPerFile: FILE_BYTES, maxBytes: BYTES });
  const found: Record<'forbidden' | 'deletedTests' | 'skippedTests' | 'changedTests', Set<string>> = {
    forbidden: new Set(),
    deletedTests: new Set(),
    skippedTests: new Set(),
    changedTests: new Set(),
  };
  const hash = createHash('sha256');
  const tests: ChangedFile[] = [];
  files.forEach((file, index) => {
    const patch = patches[index];
    const paths = namesOf(file);
    if (paths.some(policy.isForbidden)) found.forbidden.add(shown(file));
    if (!paths.some(policy.isTest)) {
      for (const part of essence(file, patch)) hash.update(part).update('\0');
      return;
    }
    tests.push(file);
    const before = beforeName(file);
    if (before === undefined || !policy.isTest(before)) return;
    if (file.status === 'DELETED' || !policy.isTest(file.path.toString('latin1'))) found.deletedTests.add(shown(file));
    else if (file.deletions > 0 || file.binary || file.status === 'TYPE_CHANGED') found.changedTests.add(shown(file));
    if (addedLines(patch).some((line) => SKIPS.test(line))) found.skippedTests.add(shown(file));
  });
  return {
    solution: hash.digest('hex'),
    changedLines: files.reduce((sum, { additions, deletions }) => sum + additions + deletions, 0),
    forbidden: [...found.forbidden],
    deletedTests: [...found.deletedTests],
    skippedTests: [...found.skippedTests],
    changedTests: [...found.changedTests],
    risks: RISKS.filter(({ globs }) =>
      files.some((file) => namesOf(file).some((path) => globs.some((is) => is(path)))),
    ).map(({ word }) => word),
    tests,
  };
}

function namesOf({ path, oldPath }: ChangedFile): string[] {
  return [path, ...(oldPath === undefined ? [] : [oldPath])].map((name) => name.toString('latin1'));
}

function shown({ path }: ChangedFile): string {
  return showPath(path).path;
}

/** What the file was called on the base; undefined where it was not there. */
function beforeName({ status, path, oldPath }: ChangedFile): string | undefined {
  return status === 'ADDED' ? undefined : (oldPath ?? path).toString('latin1');
}

function essence(file: ChangedFile, patch: FilePatch | undefined): string[] {
  const head = [...namesOf(file), file.status, file.mode ?? ''];
  if (patch?.kind !== 'TEXT' || file.binary) return [...head, file.id ?? ''];
  return [...head, ...hunksOf(patch.patch).flatMap(differing)];
}

/** Of one hunk, without what differs by white space alone at its beginning and end. */
function differing(hunk: readonly string[]): string[] {
  const side = (sign: string): string[] =>
    hunk.filter((line) => line.startsWith(sign)).map((line) => withoutSpace(line.slice(1)));
  const [before, after] = [side('-'), side('+')].map((lines) => lines.filter((line) => line !== '')) as [
    string[],
    string[],
  ];
  while (before.length > 0 && before[0] === after[0]) [before, after].forEach((lines) => lines.shift());
  while (before.length > 0 && before.at(-1) === after.at(-1)) [before, after].forEach((lines) => lines.pop());
  return [...before.map((line) => `-${line}`), ...after.map((line) => `+${line}`)];
}

function addedLines(patch: FilePatch | undefined): string[] {
  if (patch?.kind !== 'TEXT') return [];
  return hunksOf(patch.patch)
    .flat()
    .filter((line) => line.startsWith('+'))
    .map((line) => line.slice(1));
}

/** Lines that are added or taken away, by hunk; those of a patch's header are before the first one. */
function hunksOf(patch: Buffer): string[][] {
  const hunks: string[][] = [];
  for (const line of patch.toString('latin1').split('\n')) {
    if (line.startsWith('@@')) hunks.push([]);
    else if (line.startsWith('+') || line.startsWith('-')) hunks.at(-1)?.push(line);
  }
  return hunks;
}

/** How a line is indented means something in some languages; the rest of its white space does not. */
function withoutSpace(line: string): string {
  const text = line.trimEnd();
  const indent = /^\s*/.exec(text)?.[0] ?? '';
  return indent + text.slice(indent.length).replaceAll(/\s+/g, ' ');
}
