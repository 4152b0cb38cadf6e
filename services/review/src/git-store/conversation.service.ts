import { Inject, Injectable } from '@nestjs/common';
import type {
  ConversationHeader,
  OpenAttemptRequest,
  StoreConversationRequest,
  StoreConversationResponse,
} from '@heddle/contracts/internal';
import { fieldInvalid, HeddleError, type FieldViolation } from '@heddle/domain';
import { isObjectId, listRefs, takePack, updateRefs } from '@heddle/git';
import type { Logger } from '@heddle/platform/logging';
import { LOGGER } from '@heddle/platform/service';
import { DataSource } from 'typeorm';
import { validate as isUuid } from 'uuid';
import { GitStores } from './git-stores.js';
import { conversationFence, conversationRef, conversationRefs } from './ref-names.js';

/** What a runner sends of one turn, and a little for the trees around it. */
const BOUNDS = {
  maxPackBytes: 256 * 1024 * 1024,
  maxInflatedBytes: 512 * 1024 * 1024,
  maxObjects: 50_000,
} as const;

/**
 * Keeps agents' conversations beside the checkpoints that they belong to, under refs of their own. They are for further
 * turns of the same attempt alone, and no part of any change.
 */
@Injectable()
export class ConversationService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly stores: GitStores,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** A repeat succeeds. @throws HeddleError FENCE_SUPERSEDED, PACK_REFUSED, REQUEST_TOO_LARGE, FIELD_INVALID */
  async store(parts: AsyncIterable<StoreConversationRequest>): Promise<StoreConversationResponse> {
    const iterator = parts[Symbol.asyncIterator]();
    const first = await iterator.next();
    const header = first.done === true ? undefined : first.value.header;
    if (header === undefined)
      throw fieldInvalid([{ field: 'header', description: 'must be the first message of the stream' }]);
    const violations = violationsOf(header);
    if (violations.length > 0) throw fieldInvalid(violations);
    const repository = await this.stores.repository(header.repositoryId);
    await this.requireNewest(header);
    const store = this.stores.directory(repository.id);
    await takePack({ store, pack: packOf(iterator), commit: header.commit, bounds: BOUNDS, inspect: requireNoParent });
    const ref = conversationRef(header.attemptId, header.fence, header.commit);
    try {
      await updateRefs(store, [{ kind: 'create', ref, id: header.commit }]);
    } catch (error) {
      // It is there, with the one commit that it can name.
      if (!HeddleError.is(error) || error.reason !== 'VERSION_CONFLICT') throw error;
    }
    return { ref };
  }

  /**
   * Drops the refs of conversations that no turn can go on with any more: those of fences below the one that was opened,
   * without the one that the present turn begins with. The next turn begins with that one too, or with one that is still to
   * come. Where the caller did not say which it is, nothing is known and all stay.
   */
  async dropOlder({ repositoryId, attemptId, fence, conversationCommit }: OpenAttemptRequest): Promise<void> {
    if (conversationCommit === undefined) return;
    const store = this.stores.directory(repositoryId);
    try {
      const refs = await listRefs(store, conversationRefs(attemptId));
      const old = refs.filter(({ ref, id }) => id !== conversationCommit && conversationFence(ref) < BigInt(fence));
      await updateRefs(
        store,
        old.map(({ ref, id }) => ({ kind: 'delete', ref, old: id })),
      );
    } catch (error) {
      // The turn does not wait for it: the next one drops them.
      this.logger.warn({ err: error, attemptId }, 'conversations of earlier turns could not be dropped');
    }
  }

  private async requireNewest({ attemptId, fence }: ConversationHeader): Promise<void> {
    const [row]: { fence: string }[] = await this.dataSource.query('SELECT fence FROM attempts WHERE id = $1', [
      attemptId,
    ]);
    if (row === undefined || BigInt(row.fence) > BigInt(fence)) {
      throw new HeddleError('FENCE_SUPERSEDED', `Attempt ${attemptId} is not open with fence ${fence}`, {
        metadata: { fence, newest: row?.fence ?? '' },
      });
    }
  }
}

function violationsOf(header: ConversationHeader): FieldViolation[] {
  const violations: FieldViolation[] = [];
  for (const field of ['repositoryId', 'attemptId'] as const)
    if (!isUuid(header[field])) violations.push({ field: `header.${field}`, description: 'must be an id' });
  if (!isObjectId(header.commit)) violations.push({ field: 'header.commit', description: 'must be an object id' });
  if (!/^\d{1,18}$/.test(header.fence)) violations.push({ field: 'header.fence', description: 'must not be negative' });
  return violations;
}

async function* packOf(iterator: AsyncIterator<StoreConversationRequest>): AsyncGenerator<Uint8Array> {
  for (let part = await iterator.next(); part.done !== true; part = await iterator.next()) {
    if (part.value.pack === undefined)
      throw fieldInvalid([{ field: 'pack', description: 'must be all that follows the header' }]);
    yield part.value.pack;
  }
}

/** It must not make commits of the repository part of what is kept under its ref. */
function requireNoParent(commit: string): void {
  if (/^parent /m.test(commit.split('\n\n', 1)[0] ?? ''))
    throw new HeddleError('PACK_REFUSED', 'A conversation is a commit without parents');
}
