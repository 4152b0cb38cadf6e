import { Injectable } from '@nestjs/common';
import { mapAnchor, type LineAnchor } from '@heddle/domain';
import { filePatches, parseHunks, readBlob, type ChangedFile } from '@heddle/git';
import { ChangeFiles } from '../changes/change-files.js';
import type { ChangeEntity } from '../changes/change.entity.js';
import { lineEdits } from '../changes/diff-hunks.js';
import { maySeeFiles } from '../changes/secret-in-change.js';
import { GitStores } from '../git-store/git-stores.js';
import { LruCache } from '../shared/lru-cache.js';
import type { StoredAnchor } from './comment.entity.js';

/** Where an anchor is at a change's head as it is now; without lines where it is a whole file, or outdated. */
export interface AnchorPlace {
  readonly state: 'CURRENT' | 'OUTDATED';
  readonly path: Buffer;
  readonly startLine: number;
  readonly endLine: number;
}

/** Lines of one file between two commits. */
interface Way {
  readonly repositoryId: string;
  readonly from: string;
  readonly to: string;
  readonly path: Buffer;
  readonly startLine: number;
  readonly endLine: number;
}

/** Larger files have no lines to speak about. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;
const PATCH_BYTES = 2 * MAX_FILE_BYTES;
const NEIGHBOURS = 3;
const SUBMODULE = '160000';

/** Finds what comments are about in texts that have moved on. What it says of two commits never changes. */
@Injectable()
export class AnchorPlaces {
  private readonly cache = new LruCache<AnchorPlace>(4_096);

  constructor(
    private readonly files: ChangeFiles,
    private readonly stores: GitStores,
  ) {}

  /** Undefined where the thread is about the change as a whole, and for who may not see the change's files. */
  async of(thread: StoredAnchor, change: ChangeEntity): Promise<AnchorPlace | undefined> {
    const { path, startLine, endLine } = thread;
    if (path === null || !maySeeFiles(change)) return undefined;
    const [from, to] =
      thread.side === 'OLD' ? [thread.baseCommit, change.baseCommit] : [thread.headCommit, change.headCommit];
    if (from === to) return { state: 'CURRENT', path, startLine, endLine };
    const way = { repositoryId: change.repositoryId, from, to, path, startLine, endLine };
    const key = [way.repositoryId, from, to, path.toString('latin1'), startLine, endLine].join('\0');
    return this.cache.get(key, () => this.follow(way));
  }

  /** The lines of one side of a changed file, as latin1; undefined where it has none: binary, a submodule, too large. */
  async lines(repositoryId: string, file: ChangedFile, side: 'OLD' | 'NEW'): Promise<string[] | undefined> {
    const [id, mode] = side === 'OLD' ? [file.oldId, file.oldMode] : [file.id, file.mode];
    if (id === undefined || file.binary || mode === SUBMODULE) return undefined;
    return linesOf(await readBlob({ gitDir: this.stores.directory(repositoryId) }, id, MAX_FILE_BYTES));
  }

  private async follow(way: Way): Promise<AnchorPlace> {
    const { startLine, endLine, path } = way;
    const changed = await this.files.of(way.repositoryId, way.from, way.to);
    const file = changed.find((each) => (each.oldPath ?? each.path).equals(path) && each.status !== 'ADDED');
    if (file === undefined) return { state: 'CURRENT', path, startLine, endLine };
    if (file.status === 'DELETED') return outdated(path);
    if (startLine === 0) return { state: 'CURRENT', path: file.path, startLine, endLine };
    return this.followLines(way, file);
  }

  private async followLines(way: Way, file: ChangedFile): Promise<AnchorPlace> {
    const { startLine, endLine, repositoryId } = way;
    const [old, now] = [await this.lines(repositoryId, file, 'OLD'), await this.lines(repositoryId, file, 'NEW')];
    const edits = await this.edits(way, file);
    if (old === undefined || now === undefined || edits === undefined) return outdated(file.path);
    const anchor: LineAnchor = {
      startLine,
      endLine,
      quote: old.slice(startLine - 1, endLine),
      before: old.slice(Math.max(0, startLine - 1 - NEIGHBOURS), startLine - 1),
      after: old.slice(endLine, endLine + NEIGHBOURS),
    };
    const position = mapAnchor(anchor, edits, now);
    return position.state === 'OUTDATED' ? outdated(file.path) : { ...position, path: file.path };
  }

  private async edits(way: Way, file: ChangedFile): Promise<ReturnType<typeof lineEdits> | undefined> {
    const [patch] = await filePatches({
      gitDir: this.stores.directory(way.repositoryId),
      base: way.from,
      head: way.to,
      files: [file],
      context: 0,
      maxBytesPerFile: PATCH_BYTES,
      maxBytes: PATCH_BYTES,
    });
    return patch?.kind === 'TEXT' ? lineEdits(parseHunks(patch.patch)) : undefined;
  }
}

function outdated(path: Buffer): AnchorPlace {
  return { state: 'OUTDATED', path, startLine: 0, endLine: 0 };
}

/** Bytes stay apart as latin1 however they are encoded. */
function linesOf(content: Buffer | undefined): string[] | undefined {
  if (content === undefined) return undefined;
  const lines = content.toString('latin1').split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
