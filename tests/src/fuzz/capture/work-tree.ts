import { execFileSync } from 'node:child_process';
import { constants, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import type { Random } from '../random.js';
import { NAMES, SET_UP_NAMES } from './samples.js';
import { hostPath, treeOf } from './tree-of.js';

export interface Stage {
  /** The work tree. */
  readonly top: string;
  /** Only what is untracked may be made or changed. */
  readonly setUp: boolean;
  readonly submodules: readonly string[];
}

/** A FIFO without a reader refuses, instead of waiting for one. */
const WRITE = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NONBLOCK;

/** What can be done to a work tree by paths (bytes in latin1), each with a word of it for people. */
export class WorkTree {
  said = '';

  constructor(
    readonly stage: Stage,
    readonly random: Random,
  ) {}

  say(text: string): void {
    this.said += `; ${text}`;
  }

  host(path: string): Buffer {
    return hostPath(this.stage.top, path);
  }

  name(): string {
    return this.random.pick(this.stage.setUp ? [...SET_UP_NAMES, 'bin', 'a', 'b.txt'] : NAMES);
  }

  /** A path that may be new. */
  fresh(): string {
    if (!this.stage.setUp) return this.inside(this.name());
    const parent = this.random.chance(0.4) ? '' : this.pick((entry) => entry.stats.isDirectory(), '');
    return parent === '' ? this.random.pick(SET_UP_NAMES) : `${parent}/${this.name()}`;
  }

  inside(name: string): string {
    if (this.stage.setUp) return `${this.directory()}/${name}`;
    const parent = this.random.chance(0.3) ? '' : this.directory();
    return parent === '' ? name : `${parent}/${name}`;
  }

  directory(): string {
    return this.pick((entry) => entry.stats.isDirectory(), this.stage.setUp ? 'gen' : 'src');
  }

  file(): string {
    return this.pick((entry) => !entry.stats.isDirectory(), this.stage.setUp ? 'out' : 'a');
  }

  any(): string {
    return this.pick(() => true, this.stage.setUp ? 'gen' : 'a');
  }

  pick(wanted: (entry: ReturnType<typeof treeOf>[number]) => boolean, otherwise: string): string {
    const entries = treeOf(this.stage.top).filter(
      (entry) => !/(^|\/)\.git$/.test(entry.path) && this.mayTouch(entry.path) && wanted(entry),
    );
    return entries.length === 0 ? otherwise : this.random.pick(entries).path;
  }

  private mayTouch(path: string): boolean {
    return !this.stage.setUp || SET_UP_NAMES.some((name) => path === name || path.startsWith(`${name}/`));
  }

  write(path: string, content: string): void {
    this.say(`write ${show(path)} (${JSON.stringify(content.slice(0, 120))})`);
    writeFileSync(this.host(path), Buffer.from(content, 'latin1'), { flag: WRITE as never });
  }

  make(path: string): void {
    this.say(`mkdir ${show(path)}`);
    mkdirSync(this.host(path), { recursive: true });
  }

  remove(path: string): void {
    this.say(`rm -rf ${show(path)}`);
    // By the tool: Node's own follows names that are no text.
    this.tool('rm', ['-rf', '--'], path);
  }

  rename(from: string, to: string): void {
    this.say(`mv ${show(from)} ${show(to)}`);
    renameSync(this.host(from), this.host(to));
  }

  link(path: string, target: string): void {
    this.remove(path);
    this.say(`ln -s ${show(target)} ${show(path)}`);
    symlinkSync(Buffer.from(target, 'latin1'), this.host(path));
  }

  fifo(path: string): void {
    this.say(`mkfifo ${show(path)}`);
    this.tool('mkfifo', ['--'], path);
  }

  /** In the work tree, with one path as its bytes. */
  tool(program: string, args: readonly string[], path?: string): void {
    if (path !== undefined && /[\u0080-\u00ff]/.test(path)) {
      // Arguments are text: xargs hands bytes over.
      execFileSync('xargs', ['-0', program, ...args], {
        cwd: this.stage.top,
        input: Buffer.concat([Buffer.from(path, 'latin1'), Buffer.of(0)]),
        stdio: ['pipe', 'ignore', 'ignore'],
        timeout: 10_000,
      });
      return;
    }
    execFileSync(program, [...args, ...(path === undefined ? [] : [path])], {
      cwd: this.stage.top,
      stdio: 'ignore',
      timeout: 10_000,
    });
  }
}

export function show(path: string): string {
  return JSON.stringify(path.length > 80 ? `${path.slice(0, 20)}…${path.slice(-20)}` : path);
}
