import { Injectable } from '@nestjs/common';
import type { DownloadChunk, FileDiff, GetDiffRequest, GetDiffResponse } from '@heddle/contracts';
import { HeddleError } from '@heddle/domain';
import { filePatches, showPath, wholePatch, type ChangedFile, type FilePatch } from '@heddle/git';
import { decodePageToken, encodePageToken, pageSize } from '@heddle/platform/paging';
import { GitStores } from '../git-store/git-stores.js';
import type { ChangeEntity } from './change.entity.js';
import { ChangeFiles } from './change-files.js';
import { toChangedFile } from './change.mapper.js';
import { ChangeService } from './change.service.js';
import { requireSight } from './secret-in-change.js';

/** A page stays well below the 3 MiB of a message: bytes that are not UTF-8 take three times their room. */
const PAGE_BYTES = 768 * 1024;
const FILE_BYTES = 512 * 1024;

/** What a change does, line by line. */
@Injectable()
export class ChangeDiffService {
  constructor(
    private readonly changes: ChangeService,
    private readonly files: ChangeFiles,
    private readonly stores: GitStores,
  ) {}

  async get(request: GetDiffRequest): Promise<GetDiffResponse> {
    const size = pageSize(request.pageSize);
    const row = await this.changes.row(request.id);
    requireSight(row);
    const all = await this.files.of(row.repositoryId, row.baseCommit, row.headCommit);
    const files = request.path === '' ? all : all.filter((file) => showPath(file.path).path === request.path);
    if (request.path !== '' && files.length === 0) {
      throw new HeddleError('FILE_NOT_FOUND', `The change does not touch ${request.path}`, {
        metadata: { path: request.path },
      });
    }
    const filters = { id: row.id, head: row.headCommit, path: request.path };
    const start = Number(decodePageToken(request.pageToken, filters) ?? '0');
    const page = await this.page(row, files.slice(start, start + size));
    const end = start + page.length;
    return {
      baseCommit: row.baseCommit,
      headCommit: row.headCommit,
      files: page,
      nextPageToken: end < files.length ? encodePageToken(String(end), filters) : '',
    };
  }

  /** The whole change, for `git apply --binary`. */
  async *download(id: string): AsyncGenerator<DownloadChunk> {
    const row = await this.changes.row(id);
    requireSight(row);
    const { stream, done } = wholePatch(this.at(row), row.baseCommit, row.headCommit);
    try {
      for await (const data of stream as AsyncIterable<Buffer>) yield { data };
      await done;
    } finally {
      stream.destroy();
    }
  }

  private async page(row: ChangeEntity, files: readonly ChangedFile[]): Promise<FileDiff[]> {
    const patches = await filePatches({
      ...this.at(row),
      base: row.baseCommit,
      head: row.headCommit,
      files,
      maxBytesPerFile: FILE_BYTES,
      maxBytes: PAGE_BYTES,
    });
    return patches.flatMap((patch, index) => {
      const file = files[index];
      return file === undefined ? [] : [fileDiff(file, patch)];
    });
  }

  private at(row: ChangeEntity): { gitDir: string } {
    return { gitDir: this.stores.directory(row.repositoryId) };
  }
}

function fileDiff(file: ChangedFile, patch: FilePatch): FileDiff {
  const text = patch.kind === 'TEXT' && !file.binary ? patch.patch.toString('utf8') : '';
  return { file: toChangedFile(file), patch: text, tooLarge: patch.kind === 'TOO_LARGE' };
}
