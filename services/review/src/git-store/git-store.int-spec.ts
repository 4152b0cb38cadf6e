import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CheckpointHeader, type StoreConversationRequest } from '@heddle/contracts/internal';
import {
  commitTree,
  createPack,
  emptyTree,
  ensureBareStore,
  hashBytes,
  layOut,
  listRefs,
  lookUp,
  takePack,
  updateRefs,
  writeTree,
} from '@heddle/git';
import { newId } from '@heddle/platform/ids';
import { describeWith, useTemporaryDirectories } from '@heddle/testing';
import { reviewFixture, type ReviewFixture } from '../testing/review-fixture.js';
import { SampleProject, upload } from '../testing/sample-project.js';
import { StoreReconciler } from './store-reconciler.js';

// Not within: what is removed there is removed before the service is stopped.
const temporary = useTemporaryDirectories();

await describeWith(['postgres', 'nats', 'temporal'], 'the git store', (servers) => {
  let directory: string;
  let fixture: ReviewFixture;
  let project: SampleProject;
  beforeAll(async () => {
    directory = await temporary('review');
    fixture = await reviewFixture(servers, join(directory, 'data'));
  });
  afterAll(() => fixture.close());
  beforeEach(async () => {
    project = await SampleProject.create(fixture, join(directory, newId()), { 'a.txt': 'a\n', 'dir/b.txt': 'b\n' });
  });

  const storeDirectory = (): string => join(directory, 'data', 'git', `${project.repositoryId}.git`);

  it('reads the default branch, resolves words afresh and pins what it resolved', async () => {
    const { store } = fixture.clients;
    const { repositoryId } = project;
    expect(await store.syncRepository({ repositoryId, url: project.path, credentialId: '' })).toEqual({
      defaultBranch: 'trunk',
      headCommit: project.base,
    });
    const moved = await project.commitBehindOurBack({ 'a.txt': 'A\n' });
    expect(await store.resolveCommit({ repositoryId, ref: '' })).toEqual({ commit: moved, branch: 'trunk' });
    expect(await store.resolveCommit({ repositoryId, ref: 'refs/heads/trunk' })).toEqual({
      commit: moved,
      branch: 'trunk',
    });
    expect(await store.resolveCommit({ repositoryId, ref: project.base })).toEqual({
      commit: project.base,
      branch: '',
    });
    expect(await store.resolveCommit({ repositoryId, ref: project.base.slice(0, 9) })).toEqual({
      commit: project.base,
      branch: '',
    });
    const refs = (await listRefs(storeDirectory(), 'refs/heddle/bases')).map((entry) => entry.id);
    expect(refs.sort()).toEqual([project.base, moved].sort());
    await expect(store.resolveCommit({ repositoryId, ref: 'nope' })).rejects.toMatchObject({ reason: 'REF_NOT_FOUND' });
    await expect(store.resolveCommit({ repositoryId: newId(), ref: '' })).rejects.toMatchObject({
      reason: 'REPOSITORY_NOT_FOUND',
    });
  });

  it('keeps nothing of a repository that could not be registered', async () => {
    const { store } = fixture.clients;
    const id = newId();
    await mkdir(join(directory, 'empty', id), { recursive: true });
    await expect(
      store.syncRepository({ repositoryId: id, url: join(directory, 'empty', id), credentialId: '' }),
    ).rejects.toMatchObject({
      reason: 'REPOSITORY_NOT_A_REPOSITORY',
    });
    await expect(store.resolveCommit({ repositoryId: id, ref: '' })).rejects.toMatchObject({
      reason: 'REPOSITORY_NOT_FOUND',
    });
  });

  it('gives a pack from which another store has the commit, and a thin one to who has the base', async () => {
    const { commit } = await project.capture({ 'a.txt': 'A\n' });
    const mirror = join(directory, newId());
    await ensureBareStore(mirror, 'sha1');
    for (const [want, haves] of [
      [project.base, []],
      [commit, [project.base]],
    ] as const) {
      const chunks = fixture.clients.store.readPack({ repositoryId: project.repositoryId, want, haves: [...haves] });
      await takePack({ store: mirror, pack: bytesOf(chunks), commit: want, bases: haves });
    }
    expect(await lookUp({ gitDir: mirror }, [`${commit}^{tree}`])).toMatchObject([{ type: 'tree' }]);
    const unknown = fixture.clients.store.readPack({
      repositoryId: project.repositoryId,
      want: '1'.repeat(40),
      haves: [],
    });
    await expect(unknown[Symbol.asyncIterator]().next()).rejects.toMatchObject({ reason: 'REF_NOT_FOUND' });
  });

  describe('conversations', () => {
    const conversation = async (
      parents: readonly string[] = [],
      text = 'said\n',
    ): Promise<{ gitDir: string; commit: string }> => {
      const gitDir = join(directory, newId());
      await mkdir(gitDir);
      await layOut(gitDir, { format: 'sha1', alternates: [join(storeDirectory(), 'objects')] });
      const id = await hashBytes({ gitDir }, Buffer.from(text));
      const put = { kind: 'put', path: Buffer.from('.codex/sessions/1.jsonl'), mode: '100644', id } as const;
      const tree = await writeTree({ gitDir, base: emptyTree('sha1'), edits: [put] });
      const date = new Date(1_700_000_000_000);
      return { gitDir, commit: await commitTree({ gitDir, tree, parents, message: 'said', date }) };
    };
    async function* parts(
      { gitDir, commit }: { readonly gitDir: string; readonly commit: string },
      attemptId: string,
      fence = '1',
    ): AsyncGenerator<StoreConversationRequest> {
      yield { header: { repositoryId: project.repositoryId, attemptId, fence, commit } };
      const { stream, done } = await createPack({ gitDir, wants: [commit], haves: [] });
      for await (const pack of stream as AsyncIterable<Buffer>) yield { pack };
      await done;
    }

    it('are kept under refs of their own, once, and given to who asks for them by id', async () => {
      const { store } = fixture.clients;
      const attemptId = newId();
      const { repositoryId } = project;
      await store.openAttempt({ repositoryId, attemptId, fence: '1' });
      const said = await conversation();
      const ref = `refs/heddle/conversations/${attemptId}/1/${said.commit}`;
      expect(await store.storeConversation(parts(said, attemptId))).toEqual({ ref });
      expect(await store.storeConversation(parts(said, attemptId))).toEqual({ ref });
      expect(await lookUp({ gitDir: storeDirectory() }, [ref])).toMatchObject([{ id: said.commit }]);
      const mirror = join(directory, newId());
      await ensureBareStore(mirror, 'sha1');
      const pack = bytesOf(store.readPack({ repositoryId, want: said.commit, haves: [] }));
      await takePack({ store: mirror, pack, commit: said.commit });
    });

    it('are kept until a turn of a higher fence begins with another one', async () => {
      const { store } = fixture.clients;
      const { repositoryId } = project;
      const [attemptId, other] = [newId(), newId()];
      const open = (fence: string, conversationCommit?: string) =>
        store.openAttempt({ repositoryId, attemptId, fence, conversationCommit });
      const kept = async (of = attemptId): Promise<string[]> =>
        (await listRefs(storeDirectory(), `refs/heddle/conversations/${of}`)).map(({ id }) => id).sort();
      const [first, second, third] = [
        await conversation(),
        await conversation([], 'more\n'),
        await conversation([], 'most\n'),
      ];
      await store.openAttempt({ repositoryId, attemptId: other, fence: '1', conversationCommit: '' });
      await store.storeConversation(parts(first, other));
      await open('1');
      await store.storeConversation(parts(first, attemptId));
      await open('2', first.commit);
      await store.storeConversation(parts(second, attemptId, '2'));
      // The runner was lost before the turn's end was on record: it begins with the first one once more.
      await open('3', first.commit);
      expect(await kept()).toEqual([first.commit]);
      await store.storeConversation(parts(third, attemptId, '3'));
      // Its answer was lost, and the fence is opened once more: its own stays.
      await open('3', first.commit);
      expect(await kept()).toEqual([first.commit, third.commit].sort());
      await expect(open('2', third.commit)).rejects.toMatchObject({ reason: 'FENCE_SUPERSEDED' });
      // One that does not say what it begins with proves nothing.
      await open('4');
      expect(await kept()).toEqual([first.commit, third.commit].sort());
      await open('5', third.commit);
      await open('5', third.commit);
      expect(await kept()).toEqual([third.commit]);
      await store.openAttempt({ repositoryId, attemptId, fence: '6', conversationCommit: '' });
      expect(await kept()).toEqual([]);
      expect(await kept(other)).toEqual([first.commit]);
    });

    it('are refused of a superseded fence, and where they are no conversation', async () => {
      const { store } = fixture.clients;
      const attemptId = newId();
      const { repositoryId } = project;
      await store.openAttempt({ repositoryId, attemptId, fence: '2' });
      const said = await conversation();
      await expect(store.storeConversation(parts(said, attemptId, '1'))).rejects.toMatchObject({
        reason: 'FENCE_SUPERSEDED',
      });
      await expect(store.storeConversation(parts(said, newId()))).rejects.toMatchObject({ reason: 'FENCE_SUPERSEDED' });
      const onBase = await conversation([project.base]);
      await expect(store.storeConversation(parts(onBase, attemptId, '2'))).rejects.toMatchObject({
        reason: 'PACK_REFUSED',
      });
      await expect(store.storeConversation(parts(said, '../x', '2'))).rejects.toMatchObject({
        reason: 'FIELD_INVALID',
      });
      expect(await listRefs(storeDirectory(), `refs/heddle/conversations/${attemptId}`)).toEqual([]);
    });
  });

  describe('checkpoints', () => {
    it('makes one change of an attempt, however often it is told, and moves it by a later checkpoint only', async () => {
      const attemptId = newId();
      const first = await project.capture({ 'a.txt': 'one\n' }, { attemptId });
      expect((await project.capture({ 'a.txt': 'one\n' }, { attemptId })).changeId).toBe(first.changeId);
      const later = await project.capture({ 'a.txt': 'two\n', 'new.txt': 'n\n' }, { attemptId, number: 2 });
      expect(later.changeId).toBe(first.changeId);
      expect(await fixture.clients.changes.getChange({ id: first.changeId })).toMatchObject({
        headCommit: later.commit,
        treeId: later.treeId,
        stats: { files: 2, additions: 2, deletions: 1 },
        revision: '2',
        ref: `refs/heddle/attempts/${attemptId}/1/2`,
      });
      await expect(project.capture({ 'a.txt': 'other\n' }, { attemptId, number: 2 })).rejects.toMatchObject({
        reason: 'TREE_DIFFERS',
      });
      await project.capture({ 'a.txt': 'one\n' }, { attemptId, number: 1 });
      expect(await fixture.clients.changes.getChange({ id: first.changeId })).toMatchObject({
        headCommit: later.commit,
        revision: '2',
      });
    });

    it('takes a turn that changed nothing as an empty change', async () => {
      const { changeId } = await project.capture({});
      expect(await fixture.clients.changes.getChange({ id: changeId })).toMatchObject({
        empty: true,
        headCommit: project.base,
        files: [],
      });
    });

    it('lets a superseded fence write salvage only', async () => {
      const attemptId = newId();
      const { store } = fixture.clients;
      const open = (fence: string) => store.openAttempt({ repositoryId: project.repositoryId, attemptId, fence });
      await open('3');
      await open('3');
      await expect(open('2')).rejects.toMatchObject({ reason: 'FENCE_SUPERSEDED' });
      const old = await project.capture({ 'a.txt': 'old\n' }, { attemptId, fence: '2' });
      expect(old.changeId).toBe('');
      const current = await project.capture({ 'a.txt': 'new\n' }, { attemptId, fence: '3' });
      expect(current.changeId).not.toBe('');
      expect((await listRefs(storeDirectory(), 'refs/heddle')).map((entry) => entry.ref)).toEqual(
        expect.arrayContaining([`refs/heddle/salvage/${attemptId}/2/1`, `refs/heddle/attempts/${attemptId}/3/1`]),
      );
    });

    it('keeps the newest three of the periodic ones', async () => {
      const attemptId = newId();
      for (let number = 1; number <= 6; number += 1)
        await project.capture({ 'a.txt': `${String(number)}\n` }, { attemptId, number, final: false });
      const refs = await listRefs(storeDirectory(), `refs/heddle/attempts/${attemptId}`);
      expect(refs.map((entry) => entry.ref.split('/').at(-1))).toEqual(['4', '5', '6']);
    });

    it('refuses what is not the commit that it claims to be', async () => {
      await expect(project.capture({ 'a.txt': 'x\n' }, { treeId: '1'.repeat(40) })).rejects.toMatchObject({
        reason: 'PACK_REFUSED',
      });
      await expect(project.capture({ 'a.txt': 'x\n' }, { baseCommit: '1'.repeat(40) })).rejects.toMatchObject({
        reason: 'PACK_REFUSED',
      });
      await expect(project.capture({ 'a.txt': 'x\n' }, { attemptId: '../../x' })).rejects.toMatchObject({
        reason: 'FIELD_INVALID',
      });
      const header = CheckpointHeader.fromPartial({
        repositoryId: project.repositoryId,
        attemptId: newId(),
        taskId: newId(),
        batchId: newId(),
        fence: '1',
        number: 1,
        baseCommit: project.base,
        commit: '2'.repeat(40),
        treeId: '3'.repeat(40),
      });
      await expect(fixture.clients.store.storeCheckpoint(only(header))).rejects.toMatchObject({
        reason: 'PACK_REFUSED',
      });
    });

    it('completes what a crash left between the ref and the rows', async () => {
      const whole = await project.capture({ 'a.txt': 'crash\n' });
      const header = CheckpointHeader.fromPartial({
        repositoryId: project.repositoryId,
        attemptId: newId(),
        taskId: newId(),
        batchId: project.batchId,
        fence: '1',
        number: 1,
        baseCommit: project.base,
        commit: whole.commit,
        treeId: whole.treeId,
        final: true,
        title: 'lost answer',
      });
      await updateRefs(storeDirectory(), [
        { kind: 'create', ref: `refs/heddle/attempts/${header.attemptId}/1/1`, id: whole.commit },
      ]);
      // More of them than one page, and before it in every order.
      const hopeless = CheckpointHeader.encode({ ...header, attemptId: newId(), commit: '1'.repeat(40), final: false });
      await fixture.dataSource.query(
        `INSERT INTO checkpoints (attempt_id, fence, number, commit, tree_id, header, create_time)
         SELECT '00000000-0000-7000-8000-000000000001', 1, n, '', '', $1, now() - interval '1 hour' FROM generate_series(1, 101) AS n`,
        [Buffer.from(hopeless.finish())],
      );
      await fixture.dataSource.query(
        `INSERT INTO checkpoints (attempt_id, fence, number, commit, tree_id, header, create_time) VALUES ($1, 1, 1, $2, $3, $4, now() - interval '1 minute')`,
        [header.attemptId, header.commit, header.treeId, Buffer.from(CheckpointHeader.encode(header).finish())],
      );
      await fixture.app.get(StoreReconciler).reconcile();
      const { changes } = await fixture.clients.changes.listChanges({
        pageSize: 0,
        pageToken: '',
        batchId: '',
        taskId: header.taskId,
        repositoryId: '',
        reviewStates: [],
        orderBy: '',
      });
      expect(changes).toMatchObject([{ attemptId: header.attemptId, title: 'lost answer' }]);
      // The runner that got no answer asks again.
      const again = await fixture.clients.store.storeCheckpoint(upload(storeDirectory(), header));
      expect(again.changeId).toBe(changes[0]?.id);
    });
  });
});

async function* bytesOf(chunks: AsyncIterable<{ data: Uint8Array }>): AsyncGenerator<Uint8Array> {
  for await (const { data } of chunks) yield data;
}

async function* only(header: CheckpointHeader): AsyncGenerator<{ header: CheckpointHeader }> {
  yield await Promise.resolve({ header });
}
