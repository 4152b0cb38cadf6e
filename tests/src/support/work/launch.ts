import { randomUUID } from 'node:crypto';
import type {
  Attempt,
  Batch,
  Change,
  CreateBatchInput,
  Landing,
  OverlapPair,
  Repository,
  TaskSpecInput,
} from '@heddle/sdk';
import { eventually, PATIENCE_MS } from '../bounds.js';
import type { RestDoor } from '../doors/rest-door.js';

export async function registerRepository(rest: RestDoor, url: string): Promise<Repository> {
  return rest.post<Repository>('/v1/repositories', { name: `repository-${randomUUID()}`, url });
}

export async function createBatch(
  rest: RestDoor,
  repository: Repository,
  tasks: readonly TaskSpecInput[],
  more: Partial<CreateBatchInput> = {},
): Promise<Batch> {
  return rest.post<Batch>('/v1/batches', { repositoryId: repository.id, tasks, ...more });
}

/** One attempt per task, in the order of the tasks. @throws Error where a task has another number of attempts */
export function attemptsOf(batch: Batch): Attempt[] {
  return batch.tasks.map(({ title, attempts }) => {
    const [attempt, ...more] = attempts;
    if (attempt === undefined || more.length > 0) throw new Error(`The task ${title} has not exactly one attempt`);
    return attempt;
  });
}

/** Waits by the batch's own Wait. */
export async function batchEnded(rest: RestDoor, id: string): Promise<Batch> {
  return ended(() => rest.get<Batch>(`/v1/batches/${id}:wait?timeout=30s`), `batch ${id}`);
}

export async function attemptEnded(rest: RestDoor, id: string): Promise<Attempt> {
  return ended(() => rest.get<Attempt>(`/v1/attempts/${id}:wait?timeout=30s`), `attempt ${id}`);
}

export async function landingSettled(rest: RestDoor, id: string, patienceMs = PATIENCE_MS): Promise<Landing> {
  return ended(
    () => rest.get<Landing>(`/v1/landings/${id}:wait?timeout=30s`),
    `landing ${id}`,
    (landing) => ['LANDED', 'CONFLICTED', 'EJECTED'].includes(landing.state),
    patienceMs,
  );
}

export async function changesOf(rest: RestDoor, batchId: string): Promise<Change[]> {
  return (await rest.get<{ changes: Change[] }>(`/v1/changes?batchId=${batchId}&pageSize=200`)).changes;
}

/** The change of an attempt, whole. */
export async function changeOf(rest: RestDoor, attempt: Attempt): Promise<Change> {
  if (attempt.changeId === undefined) throw new Error(`Attempt ${attempt.id} (${attempt.state}) has no change`);
  return rest.get<Change>(`/v1/changes/${attempt.changeId}`);
}

/** The overlaps of a batch, once every pair is computed. */
export async function overlapsOf(rest: RestDoor, batchId: string): Promise<OverlapPair[]> {
  return eventually(`the overlaps of batch ${batchId} are computed`, async () => {
    const report = await rest.get<{ pairs: OverlapPair[]; pendingPairs: number }>(`/v1/batches/${batchId}/overlaps`);
    return report.pendingPairs === 0 ? report.pairs : undefined;
  });
}

async function ended<T extends { readonly endTime?: string | undefined }>(
  wait: () => Promise<T>,
  what: string,
  isEnded: (value: T) => boolean = (value) => value.endTime !== undefined,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const value = await wait();
    if (isEnded(value)) return value;
    if (performance.now() > deadline) throw new Error(`${what} did not end: ${JSON.stringify(value)}`);
  }
}
