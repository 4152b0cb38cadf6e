import { Injectable } from '@nestjs/common';
import type { PackChunk, ReadPackRequest } from '@heddle/contracts/internal';
import { fieldInvalid, HeddleError } from '@heddle/domain';
import { createPack, isObjectId, lookUp } from '@heddle/git';
import { GitStores } from './git-stores.js';

/** Below the limit of a gRPC message, and large enough that messages don't cost more than bytes. */
const CHUNK_BYTES = 512 * 1024;

/** Gives runners the commits that sandboxes start from. */
@Injectable()
export class PackReader {
  constructor(private readonly stores: GitStores) {}

  async *read({ repositoryId, want, haves }: ReadPackRequest): AsyncGenerator<PackChunk> {
    if (!isObjectId(want)) throw fieldInvalid([{ field: 'want', description: 'must be a commit id' }]);
    const repository = await this.stores.repository(repositoryId);
    const gitDir = this.stores.directory(repository.id);
    const [commit] = await lookUp({ gitDir }, [want]);
    if (commit?.type !== 'commit')
      throw new HeddleError('REF_NOT_FOUND', `The store has no commit ${want}`, { metadata: { ref: want } });
    const { stream, done } = await createPack({ gitDir, wants: [want], haves: haves.filter(isObjectId) });
    let pending: Buffer[] = [];
    let size = 0;
    try {
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        pending.push(chunk);
        size += chunk.length;
        if (size < CHUNK_BYTES) continue;
        yield { data: Buffer.concat(pending) };
        pending = [];
        size = 0;
      }
      // A pack that broke off must not end the stream as if it were whole.
      await done;
      if (size > 0) yield { data: Buffer.concat(pending) };
    } finally {
      stream.destroy();
    }
  }
}
