import { beforeAll, describe, expect, it } from '@jest/globals';
import { status } from '@grpc/grpc-js';
import {
  Attempt_State,
  Batch_State,
  Change_ReviewState,
  CreateBatchRequest,
  CreateLandingRequest,
  CreateRepositoryRequest,
  CreateVerdictRequest,
  DownloadPatchRequest,
  GetDiffRequest,
  Landing_State,
  LogLine_Phase,
  LogLine_Stream,
  ListChangesRequest,
  ListOverlapsRequest,
  OverlapPair_Level,
  Repository_State,
  StreamLogsRequest,
  Verdict_Decision,
  type Batch,
  type Change,
  type Landing,
  type Repository,
} from '@heddle/contracts';
import { grpcRefusalOf } from '../support/doors/grpc-door.js';
import { eventually } from '../support/bounds.js';
import { SampleRepository, type Files } from '../support/git/sample-repository.js';
import { usePlatform } from '../support/platform/use-platform.js';
import { writing } from '../support/work/agents.js';
import { countedFrom } from '../support/work/log-reader.js';
import { FEATURE, FIX, REGRESSION_TESTS, SHOP } from '../support/work/shop.js';

const EDITS: readonly Files[] = [FEATURE, REGRESSION_TESTS, FIX];
const platform = usePlatform();

describe('three tasks over gRPC, from launch to landing', () => {
  let origin: SampleRepository;
  let base: string;
  let repository: Repository;
  let request: CreateBatchRequest;
  let ended: Batch;
  let changes: Change[];

  beforeAll(async () => {
    const { grpc } = platform;
    origin = await SampleRepository.make(platform.scratch, SHOP);
    base = await origin.head();
    const registration = CreateRepositoryRequest.fromPartial({ name: 'shop', url: origin.path });
    repository = await grpc.unary<Repository>((...rest) => grpc.repositories.createRepository(registration, ...rest));
    request = CreateBatchRequest.fromPartial({
      requestId: 'the-one-batch',
      repositoryId: repository.id,
      tasks: EDITS.map((files, index) => ({
        title: `Task ${String(index + 1)}`,
        prompt: 'Weave.',
        agent: { kind: 'COMMAND', command: ['bash', '-c', `echo begin\n${writing(files)}\necho end`] },
        checks: [{ name: 'unit', command: ['node', '--test'], timeout: { seconds: '60', nanos: 0 } }],
      })),
    });
    const batch = await grpc.unary<Batch>((...rest) => grpc.batches.createBatch(request, ...rest));
    ended = await eventually(`batch ${batch.id} ends`, async () => {
      const waiting = { id: batch.id, timeout: { seconds: '30', nanos: 0 } };
      const seen = await grpc.unary<Batch>((...rest) => grpc.batches.waitBatch(waiting, ...rest));
      return seen.endTime === undefined ? undefined : seen;
    });
    const found = await Promise.all(
      ended.tasks.map(({ attempts }) =>
        grpc.unary<Change>((...rest) => grpc.changes.getChange({ id: attempts[0]?.changeId ?? '' }, ...rest)),
      ),
    );
    changes = found;
  });

  it('registers the repository', () => {
    expect(repository).toMatchObject({ state: Repository_State.ACTIVE, defaultBranch: 'main', url: origin.path });
    expect(repository.createTime).toBeInstanceOf(Date);
  });

  it('ends with every attempt completed', () => {
    expect(ended).toMatchObject({ state: Batch_State.COMPLETED, baseCommit: base, attemptCounts: { COMPLETED: 3 } });
    for (const { attempts } of ended.tasks)
      expect(attempts).toMatchObject([{ state: Attempt_State.COMPLETED, exitCode: 0, restartCount: 0 }]);
  });

  it('gives a repeat of the create its first answer, and another body none', async () => {
    const { grpc } = platform;
    const again = await grpc.unary<Batch>((...rest) => grpc.batches.createBatch(request, ...rest));
    expect(again).toMatchObject({ id: ended.id, state: Batch_State.QUEUED, endTime: undefined });
    const other = { ...request, brief: 'Something else.' };
    const refusal = await grpcRefusalOf(grpc.unary((...rest) => grpc.batches.createBatch(other, ...rest)));
    expect(refusal).toMatchObject({ code: status.ALREADY_EXISTS, reason: 'REQUEST_ID_REUSED', retryable: false });
  });

  it('has one change per attempt, equal to what git makes of the edits', async () => {
    const { grpc } = platform;
    const listed = await grpc.unary<{ changes: Change[] }>((...rest) =>
      grpc.changes.listChanges(ListChangesRequest.fromPartial({ batchId: ended.id }), ...rest),
    );
    expect(listed.changes.map(({ id }) => id).sort()).toEqual(changes.map(({ id }) => id).sort());
    for (const [index, change] of changes.entries()) {
      const { treeId } = await origin.expected(base, EDITS[index] ?? {});
      expect(change).toMatchObject({
        treeId,
        baseCommit: base,
        partial: false,
        reviewState: Change_ReviewState.PENDING,
      });
      const chunks = await grpc.collect((...rest) =>
        grpc.changes.downloadPatch(DownloadPatchRequest.fromPartial({ id: change.id }), ...rest),
      );
      expect(await origin.applied(base, Buffer.concat(chunks.map(({ data }) => data)))).toBe(treeId);
    }
  });

  it('pages through the diff', async () => {
    const { grpc } = platform;
    const page = (pageToken: string) =>
      grpc.unary<{ files: { patch: string; file?: { path: string } | undefined }[]; nextPageToken: string }>(
        (...rest) =>
          grpc.changes.getDiff(
            GetDiffRequest.fromPartial({ id: changes[0]?.id ?? '', pageSize: 1, pageToken }),
            ...rest,
          ),
      );
    const first = await page('');
    const second = await page(first.nextPageToken);
    expect([...first.files, ...second.files].map(({ file }) => file?.path)).toEqual([
      'src/cart.js',
      'test/discount.test.js',
    ]);
    expect(second.nextPageToken).toBe('');
    expect(first.files[0]?.patch).toContain('+export function total(items, discount = 0) {');
  });

  it('names the overlap', async () => {
    const { grpc } = platform;
    const report = await eventually('all pairs are computed', async () => {
      const asked = ListOverlapsRequest.fromPartial({ batchId: ended.id, minLevel: OverlapPair_Level.FILE });
      const seen = await grpc.unary<{
        pairs: { level: string; paths: string[]; changeIds: string[] }[];
        pendingPairs: number;
      }>((...rest) => grpc.overlaps.listOverlaps(asked, ...rest));
      return seen.pendingPairs === 0 ? seen : undefined;
    });
    expect(report.pairs).toMatchObject([{ level: OverlapPair_Level.TEXTUAL, paths: ['src/cart.js'] }]);
    expect([...(report.pairs[0]?.changeIds ?? [])].sort()).toEqual([changes[0]?.id, changes[2]?.id].sort());
  });

  it('streams the log in batches and says when it is complete', async () => {
    const { grpc } = platform;
    const attempt = ended.tasks[0]?.attempts[0];
    const parts = await grpc.collect((...rest) =>
      grpc.events.streamLogs(StreamLogsRequest.fromPartial({ id: attempt?.id ?? '', follow: true }), ...rest),
    );
    const lines = parts.flatMap((part) => part.lines);
    expect(lines.map(({ sequence }) => sequence)).toEqual(countedFrom(1, lines.length));
    expect(
      lines
        .filter(({ phase, stream }) => phase === LogLine_Phase.AGENT && stream === LogLine_Stream.STDOUT)
        .map(({ text }) => text),
    ).toEqual(['begin', 'end']);
    expect(parts.at(-1)?.complete).toBe(true);
  });

  it('lands what merges, in order, and keeps what conflicts', async () => {
    const { grpc } = platform;
    const queued: Landing[] = [];
    for (const { id, headCommit } of changes) {
      const verdict = CreateVerdictRequest.fromPartial({ changeId: id, headCommit, verdict: Verdict_Decision.APPROVE });
      await grpc.unary((...rest) => grpc.changes.createVerdict(verdict, ...rest));
    }
    for (const { id, headCommit } of changes) {
      const asked = CreateLandingRequest.fromPartial({ changeId: id, headCommit });
      queued.push(await grpc.unary<Landing>((...rest) => grpc.landings.createLanding(asked, ...rest)));
    }
    const settled = await Promise.all(
      queued.map(({ id }) =>
        eventually(`landing ${id} is settled`, async () => {
          const waiting = { id, timeout: { seconds: '30', nanos: 0 } };
          const seen = await grpc.unary<Landing>((...rest) => grpc.landings.waitLanding(waiting, ...rest));
          return [Landing_State.LANDED, Landing_State.CONFLICTED, Landing_State.EJECTED].includes(seen.state)
            ? seen
            : undefined;
        }),
      ),
    );
    expect(settled.map(({ state }) => state)).toEqual([
      Landing_State.LANDED,
      Landing_State.LANDED,
      Landing_State.CONFLICTED,
    ]);
    expect(settled[2]).toMatchObject({ reason: 'CONFLICT', conflictPaths: ['src/cart.js'] });
    const { treeId } = await origin.expected(base, { ...FEATURE, ...REGRESSION_TESTS });
    expect(await origin.head('main^{tree}')).toBe(treeId);
    expect(await origin.head()).toBe(settled[1]?.landedCommit);
  });

  it('holds a deadline', async () => {
    const { grpc } = platform;
    const queued = CreateBatchRequest.fromPartial({
      repositoryId: repository.id,
      tasks: [{ prompt: 'Sleep.', agent: { kind: 'COMMAND', command: ['sleep', 'infinity'] } }],
    });
    const batch = await grpc.unary<Batch>((...rest) => grpc.batches.createBatch(queued, ...rest));
    const waiting = { id: batch.id, timeout: { seconds: '30', nanos: 0 } };
    const late = grpc.unary((...rest) => grpc.batches.waitBatch(waiting, ...rest), { deadlineMs: 200 });
    await expect(late).rejects.toMatchObject({ code: status.DEADLINE_EXCEEDED });
    await grpc.unary((...rest) => grpc.batches.cancelBatch({ requestId: '', id: batch.id }, ...rest));
    await eventually('the sleeper is stopped', async () => {
      const seen = await grpc.unary<Batch>((...rest) => grpc.batches.waitBatch(waiting, ...rest));
      return seen.state === Batch_State.CANCELLED ? true : undefined;
    });
  });
});
