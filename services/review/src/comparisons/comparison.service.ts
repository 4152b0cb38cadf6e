import { Injectable } from '@nestjs/common';
import {
  ComparedFile,
  ComparedFile_Kind,
  type CompareChangesRequest,
  type CompareChangesResponse,
  type ComparisonStats,
} from '@heddle/contracts';
import { HeddleError } from '@heddle/domain';
import { showPath } from '@heddle/git';
import { decodePageToken, encodePageToken, pageSize } from '@heddle/platform/paging';
import { ChangeFiles } from '../changes/change-files.js';
import { ComparedSides, type ComparedPair } from './compared-sides.js';
import { FileComparison, type ComparisonView } from './file-comparison.js';
import { pairFiles, type FilePair } from './pair-files.js';

/** A message has at most 3 MiB. */
const MESSAGE_BYTES = 2.5 * 1024 * 1024;

/** Two changes of one base, or two checkpoints of an attempt, side by side. */
@Injectable()
export class ComparisonService {
  constructor(
    private readonly sides: ComparedSides,
    private readonly files: ChangeFiles,
    private readonly comparison: FileComparison,
  ) {}

  async compare(request: CompareChangesRequest): Promise<CompareChangesResponse> {
    const size = pageSize(request.pageSize);
    const pair = await this.sides.of(request);
    const all = await this.pairs(pair);
    const files = request.path === '' ? all : all.filter((each) => isNamed(each, request.path));
    if (request.path !== '' && files.length === 0) {
      throw new HeddleError('FILE_NOT_FOUND', `Neither of the two touches ${request.path}`, {
        metadata: { path: request.path },
      });
    }
    const { first, second } = pair;
    const view = {
      repositoryId: pair.repositoryId,
      base: pair.base,
      first: first.headCommit,
      second: second.headCommit,
      ignoreWhitespace: request.ignoreWhitespace,
    };
    const filters = { ...view, path: request.path };
    const start = Number(decodePageToken(request.pageToken, filters) ?? '0');
    const page = await this.page(view, files.slice(start, start + size));
    const end = start + page.length;
    return {
      first,
      second,
      stats: statsOf(all),
      files: page,
      nextPageToken: end < files.length ? encodePageToken(String(end), filters) : '',
    };
  }

  private async pairs({ repositoryId, base, first, second }: ComparedPair): Promise<FilePair[]> {
    return pairFiles(
      await this.files.of(repositoryId, base, first.headCommit),
      await this.files.of(repositoryId, base, second.headCommit),
    );
  }

  private async page(view: ComparisonView, pairs: readonly FilePair[]): Promise<ComparedFile[]> {
    const page: ComparedFile[] = [];
    let bytes = 0;
    for (const pair of pairs) {
      const file = await this.comparison.of(view, pair);
      const size = ComparedFile.encode(file).finish().length;
      if (page.length > 0 && bytes + size > MESSAGE_BYTES) break;
      bytes += size;
      page.push(size > MESSAGE_BYTES ? { ...file, regions: [], hunks: [], tooLarge: true } : file);
    }
    return page;
  }
}

function isNamed({ path, first, second }: FilePair, name: string): boolean {
  return [path, first?.path, second?.path].some((each) => each !== undefined && showPath(each).path === name);
}

function statsOf(pairs: readonly FilePair[]): ComparisonStats {
  const count = (kind: FilePair['kind']): number => pairs.filter((pair) => pair.kind === kind).length;
  return {
    onlyFirst: count(ComparedFile_Kind.ONLY_FIRST),
    onlySecond: count(ComparedFile_Kind.ONLY_SECOND),
    same: count(ComparedFile_Kind.SAME),
    different: count(ComparedFile_Kind.DIFFERENT),
  };
}
