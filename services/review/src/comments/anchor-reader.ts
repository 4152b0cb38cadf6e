import { Injectable } from '@nestjs/common';
import { Comment_Side, type Comment_Anchor } from '@heddle/contracts';
import { fieldInvalid, HeddleError } from '@heddle/domain';
import { pathFrom, showPath } from '@heddle/git';
import { ChangeFiles } from '../changes/change-files.js';
import type { ChangeEntity } from '../changes/change.entity.js';
import { requireNoSecret } from '../changes/secret-in-change.js';
import { SeenHeads } from '../changes/seen-heads.js';
import { AnchorPlaces } from './anchor-places.js';
import type { StoredAnchor } from './comment.entity.js';

const WHOLE_CHANGE: StoredAnchor = {
  path: null,
  side: '',
  startLine: 0,
  endLine: 0,
  quote: '',
  headCommit: '',
  baseCommit: '',
};
const QUOTE_BYTES = 4 * 1024;

/** Takes what a comment is to be about at its word only as far as the change has it. */
@Injectable()
export class AnchorReader {
  constructor(
    private readonly heads: SeenHeads,
    private readonly files: ChangeFiles,
    private readonly places: AnchorPlaces,
  ) {}

  /**
   * @throws HeddleError FIELD_INVALID, FILE_NOT_FOUND where the change does not touch the file, CHECKPOINT_NOT_FOUND,
   * SECRET_IN_CHANGE: the quote of a secret would outlive its removal
   */
  async read(change: ChangeEntity, wanted: Comment_Anchor | undefined): Promise<StoredAnchor> {
    if (wanted === undefined) return WHOLE_CHANGE;
    const path = pathFrom(wanted);
    if (path.length === 0) throw fieldInvalid([{ field: 'anchor.path', description: 'is required' }]);
    const side = wanted.side === Comment_Side.OLD ? 'OLD' : 'NEW';
    const { startLine, endLine } = range(wanted);
    const seen = await this.heads.require(change, wanted.headCommit);
    requireNoSecret(seen);
    const { baseCommit, headCommit } = seen;
    const all = await this.files.of(change.repositoryId, baseCommit, headCommit);
    const file = all.find((each) => each.path.equals(path) || (side === 'OLD' && each.oldPath?.equals(path) === true));
    if (file === undefined || (side === 'OLD' ? file.oldId : file.id) === undefined) {
      const shown = showPath(path).path;
      throw new HeddleError('FILE_NOT_FOUND', `The change has no file ${shown} on the side ${side}`, {
        metadata: { path: shown.slice(0, 1_000) },
      });
    }
    const named = side === 'OLD' ? (file.oldPath ?? file.path) : file.path;
    const stored = { path: named, side, startLine, endLine, quote: '', headCommit, baseCommit } as const;
    if (startLine === 0) return stored;
    const lines = await this.places.lines(change.repositoryId, file, side);
    if (lines === undefined || endLine > lines.length) {
      const why =
        lines === undefined
          ? 'names lines of a file that has none'
          : `is behind line ${String(lines.length)}, the last one`;
      throw fieldInvalid([{ field: 'anchor.end_line', description: why }]);
    }
    return { ...stored, quote: cut(lines.slice(startLine - 1, endLine).join('\n')) };
  }
}

function range({ startLine, endLine }: Comment_Anchor): { startLine: number; endLine: number } {
  const end = endLine === 0 ? startLine : endLine;
  if (startLine < 0 || end < startLine || (startLine === 0 && end > 0)) {
    throw fieldInvalid([{ field: 'anchor.start_line', description: 'must be 1 or more, and not behind end_line' }]);
  }
  return { startLine, endLine: end };
}

/** Readable, for people and agents: what the lines are is asked of git. */
function cut(latin1: string): string {
  const bytes = Buffer.from(latin1, 'latin1');
  const text = bytes.subarray(0, QUOTE_BYTES).toString('utf8');
  // PostgreSQL stores no NUL.
  return `${text}${bytes.length > QUOTE_BYTES ? '…' : ''}`.replaceAll('\0', '\ufffd');
}
