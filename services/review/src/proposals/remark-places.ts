import { Injectable } from '@nestjs/common';
import { Comment_Anchor, Comment_Side } from '@heddle/contracts';
import { HeddleError } from '@heddle/domain';
import { isObjectId, lookUp } from '@heddle/git';
import type { ChangeEntity } from '../changes/change.entity.js';
import { AnchorPlaces } from '../comments/anchor-places.js';
import { AnchorReader } from '../comments/anchor-reader.js';
import type { StoredAnchor } from '../comments/comment.entity.js';
import type { Remark, RemarkPlace } from '../forges/remarks.js';
import { GitStores } from '../git-store/git-stores.js';

/** What a remark is about, and in words what an anchor does not say of it. */
interface PlacedRemark {
  readonly anchor: StoredAnchor;
  readonly words: string;
}

/** Finds in a change what was said at a forge of the commit that was proposed, which has the branch's files too. */
@Injectable()
export class RemarkPlaces {
  constructor(
    private readonly stores: GitStores,
    private readonly places: AnchorPlaces,
    private readonly anchors: AnchorReader,
  ) {}

  async of(change: ChangeEntity, { place }: Pick<Remark, 'place'>): Promise<PlacedRemark> {
    const whole = await this.anchors.read(change, undefined);
    if (place === undefined) return { anchor: whole, words: '' };
    const line =
      place.line === 0 ? '' : `line ${String(place.line)}${place.side === 'OLD' ? ' before the change' : ''}`;
    const lines = await this.linesOf(change, place);
    const onLines = lines && (await this.read(change, { ...lines, side: Comment_Side.NEW }));
    if (onLines !== undefined) return { anchor: onLines, words: '' };
    const onFile = await this.read(change, { path: place.path });
    if (onFile !== undefined) return { anchor: onFile, words: line === '' ? '' : `Of ${line}: ` };
    return { anchor: whole, words: `Of ${place.path}${line === '' ? '' : `, ${line}`}: ` };
  }

  /** Where the line is at the change's head; undefined where that is not known. */
  private async linesOf(
    change: ChangeEntity,
    { path, side, line, commit }: RemarkPlace,
  ): Promise<Partial<Comment_Anchor> | undefined> {
    if (side === 'OLD' || line === 0 || !isObjectId(commit)) return undefined;
    const [known] = await lookUp({ gitDir: this.stores.directory(change.repositoryId) }, [commit]);
    if (known === undefined) return undefined;
    const { baseCommit } = change;
    const seen = {
      path: Buffer.from(path),
      side,
      startLine: line,
      endLine: line,
      quote: '',
      headCommit: commit,
      baseCommit,
    };
    const found = await this.places.of(seen, change);
    if (found?.state !== 'CURRENT') return undefined;
    return { path: found.path.toString('utf8'), startLine: found.startLine, endLine: found.endLine };
  }

  /** Undefined where the change has no such place. */
  private async read(change: ChangeEntity, wanted: Partial<Comment_Anchor>): Promise<StoredAnchor | undefined> {
    try {
      return await this.anchors.read(change, Comment_Anchor.fromPartial(wanted));
    } catch (error) {
      if (HeddleError.is(error)) return undefined;
      throw error;
    }
  }
}
