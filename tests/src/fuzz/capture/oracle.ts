import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { UNSTORABLE_NAMES } from './samples.js';
import { hostPath, treeOf, type TreeEntry } from './tree-of.js';

export interface OracleOptions {
  /** The merged work tree, at rest. */
  readonly merged: string;
  /** The same before the agent came, where it held more than what git tracks. */
  readonly before: string | undefined;
  readonly gitDir: string;
  readonly commit: string;
  /** Empty, for the oracle's own. */
  readonly scratch: string;
  readonly maxFileBytes: number;
}

export interface OracleAnswer {
  readonly tree: string;
  /** Paths (bytes in latin1) that the tree lacks for a reason that someone must be told. */
  readonly leftOut: readonly string[];
}

const MAX_RULE_BYTES = 1 << 20;

/**
 * The tree by `git add -A` with a stat-free index on a copy of the merged work tree, without nested `.git`, FIFOs and
 * sockets. What git's store would refuse, and what is over the cap, stays as it is in the commit. Rules in anything but
 * a small regular file are none, and attributes are those of files that the tree holds.
 */
export class Oracle {
  private readonly copy: string;
  private readonly leftOut: string[] = [];
  /** Paths that keep the commit's entry. */
  private readonly kept = new Set<string>();
  /** Added after all others, by their bytes alone. */
  private readonly late = new Map<string, TreeEntry>();
  private tracked = new Map<string, string>();

  constructor(private readonly options: OracleOptions) {
    this.copy = `${options.scratch}/copy`;
  }

  answer(): OracleAnswer {
    mkdirSync(this.copy, { recursive: true });
    this.git(['read-tree', this.options.commit]);
    this.tracked = this.index();
    for (const entry of treeOf(this.options.merged)) this.take(entry);
    this.dropForeignAttributes();
    this.settleAttributes();
    const unfit = this.addAll();
    for (const path of unfit) {
      // Those of the commit may have been unfit before anybody came.
      if (!this.tracked.has(path)) this.leftOut.push(path);
      this.kept.add(path);
    }
    this.addLate();
    this.dropSetUp();
    for (const path of this.kept) this.restore(path);
    const told = this.leftOut.filter(
      (path) => this.tracked.has(path) || (!this.isIgnored(path) && !this.isOfSetUp(path)),
    );
    return { tree: this.git(['write-tree']).toString().trim(), leftOut: told };
  }

  private take(entry: TreeEntry): void {
    const { path, stats } = entry;
    const names = path.split('/');
    const name = names.at(-1) ?? '';
    if (names.includes('.git')) return;
    // What is below something that was left out is left out too.
    const parent = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    if (parent !== '' && this.statOfCopy(parent)?.isDirectory() !== true) return;
    if (stats.isDirectory()) {
      if (UNSTORABLE_NAMES.includes(name) || name === '.gitattributes' || name === '.gitmodules') {
        this.leaveOutBelow(path);
        return;
      }
      mkdirSync(hostPath(this.copy, path));
      return;
    }
    if (!stats.isFile() && !stats.isSymbolicLink()) {
      this.leftOut.push(path);
      return;
    }
    if (this.isRefused(name, entry) || (stats.isFile() && stats.size > this.options.maxFileBytes)) {
      this.leftOut.push(path);
      this.kept.add(path);
      return;
    }
    const isRules =
      name === '.gitattributes' ? stats.isSymbolicLink() : name === '.gitignore' && stats.size > MAX_RULE_BYTES;
    if (isRules) this.late.set(path, entry);
    else this.copyEntry(entry);
  }

  private leaveOutBelow(directory: string): void {
    for (const { path, stats } of treeOf(this.options.merged)) {
      if (path.startsWith(`${directory}/`) && !path.split('/').includes('.git') && !stats.isDirectory())
        this.leftOut.push(path);
    }
  }

  private isRefused(name: string, { path, stats }: TreeEntry): boolean {
    if (UNSTORABLE_NAMES.includes(name)) return true;
    if (name === '.gitmodules' && stats.isSymbolicLink()) return true;
    if (!stats.isFile() || (name !== '.gitmodules' && name !== '.gitattributes')) return false;
    if (stats.size > MAX_RULE_BYTES) return true;
    const text = readFileSync(hostPath(this.options.merged, path)).toString('latin1');
    if (name === '.gitmodules') return text.includes('"../');
    return text.split('\n').some((line) => line.length >= 2048);
  }

  private copyEntry({ path, stats }: TreeEntry): void {
    const [from, to] = [hostPath(this.options.merged, path), hostPath(this.copy, path)];
    if (stats.isSymbolicLink()) symlinkSync(readlinkSync(from, { encoding: 'buffer' }), to);
    else {
      copyFileSync(from, to);
      chmodSync(to, (stats.mode & 0o100) === 0 ? 0o644 : 0o755);
    }
  }

  private statOfCopy(path: string): ReturnType<typeof lstatSync> | undefined {
    try {
      return lstatSync(hostPath(this.copy, path));
    } catch {
      return undefined;
    }
  }

  /** Attribute files that no commit will hold: ignored ones, and a set-up's. */
  private dropForeignAttributes(): void {
    const others = (more: readonly string[]): string[] =>
      fields(this.git(['ls-files', '-z', '--others', '--exclude-standard', ...more]));
    const foreign = [...others(['--ignored']), ...others([]).filter((path) => this.isOfSetUp(path))];
    for (const path of foreign) if (/(^|\/)\.gitattributes$/.test(path)) rmSync(hostPath(this.copy, path));
  }

  /** Git falls back to the index where the work tree has no attribute file, for as long as it is in there. */
  private settleAttributes(): void {
    for (const [path, entry] of this.tracked) {
      if (!/(^|\/)\.gitattributes$/.test(path) || this.statOfCopy(path)?.isFile() === true) continue;
      const [mode, id = ''] = entry.split(' ');
      if (this.kept.has(path) && mode !== '120000')
        writeFileSync(hostPath(this.copy, path), this.git(['cat-file', 'blob', id]));
      else this.forceRemove([path]);
    }
  }

  /** `git add -A`; the paths whose bytes do not fit their attributes are found one by one, and taken out. */
  private addAll(): string[] {
    const unfit: string[] = [];
    for (;;) {
      const stderr = this.try(['add', '-A', '--', ':/']);
      if (stderr === undefined) return unfit;
      const path = /^fatal: (?:BOM is (?:required|prohibited) in|failed to encode) '(.*?)' (?:if|from)/ms.exec(
        stderr,
      )?.[1];
      if (path === undefined) throw new Error(`git add: ${stderr}`);
      unfit.push(path);
      rmSync(hostPath(this.copy, path));
    }
  }

  private addLate(): void {
    const untracked = new Set([...this.late.keys()].filter((path) => !this.tracked.has(path) && this.isIgnored(path)));
    for (const [path, entry] of this.late) {
      if (untracked.has(path) || (this.isOfSetUp(path) && !this.tracked.has(path)) || this.isInSubmodule(path))
        continue;
      const from = hostPath(this.options.merged, path);
      const bytes = entry.stats.isSymbolicLink() ? readlinkSync(from, { encoding: 'buffer' }) : readFileSync(from);
      const filter = entry.stats.isSymbolicLink() ? ['--no-filters'] : [`--path=${path}`];
      const id = this.git(['hash-object', '-w', '--stdin', ...filter], bytes)
        .toString()
        .trim();
      const mode = entry.stats.isSymbolicLink() ? '120000' : (entry.stats.mode & 0o100) === 0 ? '100644' : '100755';
      this.put(mode, id, path);
    }
  }

  private isInSubmodule(path: string): boolean {
    const index = this.index();
    return path.split('/').some((_, count, names) => index.get(names.slice(0, count).join('/'))?.startsWith('160000'));
  }

  private isIgnored(path: string): boolean {
    const answer = spawnSync('git', ['check-ignore', '-q', '-z', '--stdin', '--no-index'], {
      ...this.spawning,
      input: Buffer.concat([Buffer.from(`./${path}`, 'latin1'), Buffer.of(0)]),
    });
    return answer.status === 0;
  }

  private dropSetUp(): void {
    const paths = [...this.index().keys()].filter((path) => !this.tracked.has(path) && this.isOfSetUp(path));
    this.forceRemove(paths);
  }

  private isOfSetUp(path: string): boolean {
    if (this.options.before === undefined) return false;
    const [was, is] = [hostPath(this.options.before, path), hostPath(this.options.merged, path)];
    try {
      const [a, b] = [lstatSync(was), lstatSync(is)];
      if (a.isSymbolicLink() && b.isSymbolicLink()) return readlinkSync(was) === readlinkSync(is);
      if (!a.isFile() || !b.isFile() || a.size !== b.size || ((a.mode ^ b.mode) & 0o100) !== 0) return false;
      return readFileSync(was).equals(readFileSync(is));
    } catch {
      return false;
    }
  }

  private restore(path: string): void {
    const entry = this.tracked.get(path);
    if (entry === undefined) return;
    const [mode = '', id = ''] = entry.split(' ');
    this.put(mode, id, path);
  }

  private put(mode: string, id: string, path: string): void {
    const line = Buffer.concat([Buffer.from(`${mode} ${id}\t${path}`, 'latin1'), Buffer.of(0)]);
    this.git(['update-index', '--add', '--replace', '-z', '--index-info'], line);
  }

  private forceRemove(paths: readonly string[]): void {
    if (paths.length > 0)
      this.git(
        ['update-index', '--force-remove', '-z', '--stdin'],
        Buffer.from(paths.map((path) => `${path}\0`).join(''), 'latin1'),
      );
  }

  /** `<mode> <id>` of each path. */
  private index(): Map<string, string> {
    const entries = fields(this.git(['ls-files', '--stage', '-z'])).map((line): [string, string] => [
      line.slice(line.indexOf('\t') + 1),
      line.slice(0, line.indexOf('\t') - 2),
    ]);
    return new Map(entries);
  }

  private git(args: readonly string[], input?: Buffer): Buffer {
    return execFileSync('git', args, { ...this.spawning, ...(input === undefined ? {} : { input }) });
  }

  private try(args: readonly string[]): string | undefined {
    const { status, stderr } = spawnSync('git', args, this.spawning);
    return status === 0 ? undefined : stderr.toString('latin1');
  }

  private get spawning(): { cwd: string; env: NodeJS.ProcessEnv; stdio: 'pipe'; maxBuffer: number } {
    const env = {
      PATH: process.env['PATH'],
      LC_ALL: 'C',
      GIT_DIR: this.options.gitDir,
      GIT_WORK_TREE: this.copy,
      GIT_INDEX_FILE: `${this.options.scratch}/index`,
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_ATTR_NOSYSTEM: '1',
      GIT_OBJECT_DIRECTORY: `${this.options.scratch}/objects`,
      GIT_ALTERNATE_OBJECT_DIRECTORIES: `${this.options.gitDir}/objects`,
      HOME: '/nonexistent',
    };
    return { cwd: this.copy, env, stdio: 'pipe', maxBuffer: 1 << 28 };
  }
}

function fields(bytes: Buffer): string[] {
  return bytes.toString('latin1').split('\0').filter(Boolean);
}
