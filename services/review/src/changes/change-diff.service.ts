import { Injectable } from '@nestjs/common';
import {
  DownloadPatchRequest_Form,
  FileDiff,
  type DownloadChunk,
  type DownloadPatchRequest,
  type GetDiffRequest,
  type GetDiffResponse,
} from '@heddle/contracts';
import { fieldInvalid, HeddleError } from '@heddle/domain';
import {
  filePatches,
  parseHunks,
  patchSeries,
  showPath,
  wholePatch,
  type ChangedFile,
  type FilePatch,
} from '@heddle/git';
import { decodePageToken, encodePageToken, pageSize } from '@heddle/platform/paging';
import { GitStores } from '../git-store/git-stores.js';
import { ChangeFiles } from './change-files.js';
import { seriesHead } from './change-series.js';
import { toChangedFile } from './change.mapper.js';
import { ChangeService } from './change.service.js';
import { markMoved, toDiffHunk } from './diff-hunks.js';
import { requireSight } from './secret-in-change.js';
import { SeenHeads } from './seen-heads.js';

const PAGE_BYTES = 768 * 1024;
const FILE_BYTES = 512 * 1024;
/** A message has at most 3 MiB: bytes that are not UTF-8, and very short lines, take several times their room. */
const MESSAGE_BYTES = 2.5 * 1024 * 1024;
const MAX_CONTEXT = 1_000;

/** Between which commits, and how. */
interface View {
  readonly repositoryId: string;
  readonly base: string;
  readonly head: string;
  readonly context: number;
  readonly ignoreWhitespace: boolean;
}

/** What a change does, line by line. */
@Injectable()
export class ChangeDiffService {
  constructor(
    private readonly changes: ChangeService,
    private readonly files: ChangeFiles,
    private readonly heads: SeenHeads,
    private readonly stores: GitStores,
  ) {}

  async get(request: GetDiffRequest): Promise<GetDiffResponse> {
    const size = pageSize(request.pageSize);
    const row = await this.changes.row(request.id);
    requireSight(row);
    const base =
      request.sinceCommit === '' ? row.baseCommit : (await this.heads.require(row, request.sinceCommit)).headCommit;
    const view = {
      repositoryId: row.repositoryId,
      base,
      head: row.headCommit,
      context: contextLines(request),
      ignoreWhitespace: request.ignoreWhitespace,
    };
    const all = await this.files.of(row.repositoryId, base, row.headCommit);
    const files = request.path === '' ? all : all.filter((file) => showPath(file.path).path === request.path);
    if (request.path !== '' && files.length === 0) {
      throw new HeddleError('FILE_NOT_FOUND', `The change does not touch ${request.path}`, {
        metadata: { path: request.path },
      });
    }
    const filters = { id: row.id, path: request.path, ...view };
    const start = Number(decodePageToken(request.pageToken, filters) ?? '0');
    const page = await this.page(view, files.slice(start, start + size));
    const end = start + page.length;
    return {
      baseCommit: base,
      headCommit: row.headCommit,
      files: page,
      nextPageToken: end < files.length ? encodePageToken(String(end), filters) : '',
    };
  }

  /** The whole change, for `git apply --binary` or `git am`. */
  async *download({ id, form }: DownloadPatchRequest): AsyncGenerator<DownloadChunk> {
    const row = await this.changes.row(id);
    requireSight(row);
    const at = { gitDir: this.stores.directory(row.repositoryId) };
    const { stream, done } =
      form === DownloadPatchRequest_Form.SERIES
        ? patchSeries(at, row.baseCommit, await seriesHead(at, row))
        : wholePatch(at, row.baseCommit, row.headCommit);
    try {
      for await (const data of stream as AsyncIterable<Buffer>) yield { data };
      await done;
    } finally {
      stream.destroy();
    }
  }

  private async page(view: View, files: readonly ChangedFile[]): Promise<FileDiff[]> {
    const patches = await filePatches({
      gitDir: this.stores.directory(view.repositoryId),
      base: view.base,
      head: view.head,
      files,
      context: view.context,
      ignoreWhitespace: view.ignoreWhitespace,
      maxBytesPerFile: FILE_BYTES,
      maxBytes: PAGE_BYTES,
    });
    const page: FileDiff[] = [];
    let size = 0;
    for (const [index, patch] of patches.entries()) {
      const file = files[index];
      if (file === undefined) break;
      const diff = fileDiff(file, patch);
      const bytes = FileDiff.encode(diff).finish().length;
      size += bytes;
      if (index > 0 && size > MESSAGE_BYTES) break;
      page.push(bytes > MESSAGE_BYTES ? fileDiff(file, { kind: 'TOO_LARGE' }) : diff);
    }
    markMoved(page);
    return page;
  }
}

function contextLines({ contextLines: lines = 3 }: GetDiffRequest): number {
  if (lines < 0 || lines > MAX_CONTEXT)
    throw fieldInvalid([{ field: 'context_lines', description: `must be 0 to ${String(MAX_CONTEXT)}` }]);
  return lines;
}

function fileDiff(file: ChangedFile, patch: FilePatch): FileDiff {
  const bytes = patch.kind === 'TEXT' && !file.binary ? patch.patch : Buffer.alloc(0);
  return {
    file: toChangedFile(file),
    patch: bytes.toString('utf8'),
    tooLarge: patch.kind === 'TOO_LARGE',
    hunks: parseHunks(bytes).map(toDiffHunk),
  };
}
