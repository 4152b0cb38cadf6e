import type { GitLocation } from './environment.js';
import { GitError } from './git-error.js';
import { startGit, type GitProcess } from './start-git.js';

export interface ObjectInfo {
  readonly id: string;
  readonly type: string;
  /** Bytes. */
  readonly size: number;
}

export interface StoredObject extends ObjectInfo {
  readonly content: Buffer;
}

interface Question {
  readonly wantsContent: boolean;
  readonly answer: (found: StoredObject | undefined) => void;
  readonly fail: (error: unknown) => void;
}

/** A store that is asked now is mostly asked again at once; later a new process costs as much as keeping this one. */
const IDLE_MS = 1_000;
const LONGEST_LIFE_MS = 120_000;
const HEADER = /^([0-9a-f]{40,64}) (commit|tree|blob|tag) (\d+)$/;
const NOTHING = Buffer.alloc(0);

const open = new Map<string, ObjectQueries>();

/** What a name stands for, asked of a git process that the questions of a moment share; undefined where it is not there. */
export async function askObject(
  { gitDir, objectDirectory, alternates = [] }: GitLocation,
  name: string,
  wantsContent: boolean,
  signal?: AbortSignal,
): Promise<StoredObject | undefined> {
  signal?.throwIfAborted();
  if (name.includes('\n')) throw new TypeError('an object name has a line break');
  if (name === '') return undefined;
  const key = [gitDir, objectDirectory, ...alternates].join('\0');
  let queries = open.get(key);
  if (queries === undefined) {
    queries = new ObjectQueries(key, {
      alternates,
      ...(gitDir === undefined ? {} : { gitDir }),
      ...(objectDirectory === undefined ? {} : { objectDirectory }),
    });
    open.set(key, queries);
  }
  return queries.ask(name, wantsContent);
}

/** `git cat-file` as a conversation: questions are answered in their order. */
class ObjectQueries {
  private readonly git: GitProcess;
  private readonly asked: Question[] = [];
  private unread: Buffer = NOTHING;
  /** The header of an object whose content has not come whole. */
  private partial: ObjectInfo | undefined;
  private idle: NodeJS.Timeout | undefined;
  private readonly retireAt = performance.now() + LONGEST_LIFE_MS / 2;

  constructor(
    private readonly key: string,
    location: GitLocation,
  ) {
    this.git = startGit(['cat-file', '--batch-command=%(objectname) %(objecttype) %(objectsize)'], {
      ...location,
      timeoutMs: LONGEST_LIFE_MS,
    });
    this.git.stdout.on('data', (chunk: Buffer) => {
      this.unread = this.unread.length === 0 ? chunk : Buffer.concat([this.unread, chunk]);
      this.read();
    });
    this.git.done.then(
      () => {
        this.end(new GitError('exit', 'cat-file', 0, 'it ended before it had answered'));
      },
      (error: unknown) => {
        this.end(error);
      },
    );
  }

  ask(name: string, wantsContent: boolean): Promise<StoredObject | undefined> {
    clearTimeout(this.idle);
    // It is to end before its time is up, with nobody waiting for it.
    if (performance.now() > this.retireAt) this.leave();
    return new Promise((answer, fail) => {
      this.asked.push({ wantsContent, answer, fail });
      this.git.stdin.write(`${wantsContent ? 'contents' : 'info'} ${name}\n`);
    });
  }

  private read(): void {
    while (this.readOne());
    if (this.asked.length > 0) return;
    if (open.get(this.key) !== this) this.git.stdin.end();
    else
      this.idle = setTimeout(() => {
        this.leave();
        this.git.stdin.end();
      }, IDLE_MS);
  }

  /** @returns false when more has to come first */
  private readOne(): boolean {
    const [question] = this.asked;
    if (question === undefined) return false;
    if (this.partial === undefined) {
      const end = this.unread.indexOf(10);
      if (end < 0) return false;
      const match = HEADER.exec(this.unread.toString('latin1', 0, end));
      this.unread = this.unread.subarray(end + 1);
      const info = match && { id: match[1] ?? '', type: match[2] ?? '', size: Number(match[3]) };
      if (info === null || !question.wantsContent) {
        this.asked.shift();
        question.answer(info === null ? undefined : { ...info, content: NOTHING });
        return true;
      }
      this.partial = info;
    }
    const { size } = this.partial;
    if (this.unread.length <= size) return false;
    this.asked.shift();
    question.answer({ ...this.partial, content: Buffer.from(this.unread.subarray(0, size)) });
    this.unread = this.unread.subarray(size + 1);
    this.partial = undefined;
    return true;
  }

  private leave(): void {
    if (open.get(this.key) === this) open.delete(this.key);
  }

  private end(error: unknown): void {
    clearTimeout(this.idle);
    this.leave();
    for (const question of this.asked.splice(0)) question.fail(error);
  }
}
