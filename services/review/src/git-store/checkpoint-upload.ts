import type { CheckpointHeader, StoreCheckpointRequest } from '@heddle/contracts/internal';
import { fieldInvalid, type FieldViolation } from '@heddle/domain';
import { isObjectId } from '@heddle/git';
import { validate as isUuid } from 'uuid';

export interface CheckpointUpload {
  readonly header: CheckpointHeader;
  readonly pack: AsyncIterable<Uint8Array>;
}

/** Reads the header off an upload and leaves the pack to be read. Throws `FIELD_INVALID`. */
export async function openUpload(parts: AsyncIterable<StoreCheckpointRequest>): Promise<CheckpointUpload> {
  const iterator = parts[Symbol.asyncIterator]();
  const first = await iterator.next();
  const header = first.done === true ? undefined : first.value.header;
  if (header === undefined)
    throw fieldInvalid([{ field: 'header', description: 'must be the first message of the stream' }]);
  const violations = headerViolations(header);
  if (violations.length > 0) throw fieldInvalid(violations);
  return { header, pack: packOf(iterator) };
}

async function* packOf(iterator: AsyncIterator<StoreCheckpointRequest>): AsyncGenerator<Uint8Array> {
  for (let part = await iterator.next(); part.done !== true; part = await iterator.next()) {
    if (part.value.pack === undefined)
      throw fieldInvalid([{ field: 'pack', description: 'must be all that follows the header' }]);
    yield part.value.pack;
  }
}

const IDS = ['repositoryId', 'attemptId', 'taskId', 'batchId'] as const;
const OBJECTS = ['baseCommit', 'commit', 'treeId'] as const;

function headerViolations(header: CheckpointHeader): FieldViolation[] {
  const violations: FieldViolation[] = [];
  for (const field of IDS)
    if (!isUuid(header[field])) violations.push({ field: `header.${field}`, description: 'must be an id' });
  for (const field of OBJECTS)
    if (!isObjectId(header[field])) violations.push({ field: `header.${field}`, description: 'must be an object id' });
  if (!/^\d{1,18}$/.test(header.fence)) violations.push({ field: 'header.fence', description: 'must not be negative' });
  if (header.number < 1) violations.push({ field: 'header.number', description: 'must be 1 or more' });
  return violations;
}
