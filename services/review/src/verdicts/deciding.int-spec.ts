import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import {
  AttestCriterionRequest,
  CreateLandingRequest,
  CreateVerdictRequest,
  ListChangesRequest,
  ReviewPolicy,
  Verdict_Decision,
} from '@heddle/contracts';
import { requestContext } from '@heddle/platform/context';
import { newId } from '@heddle/platform/ids';
import { describeWith, useTemporaryDirectories } from '@heddle/testing';
import { EvidenceService } from '../evidence/evidence.service.js';
import { reviewFixture, type ReviewFixture } from '../testing/review-fixture.js';
import { SampleProject, type Edits, type SampleChange } from '../testing/sample-project.js';

// Not within: what is removed there is removed before the service is stopped.
const temporary = useTemporaryDirectories();

await describeWith(['postgres', 'nats', 'temporal'], 'deciding of changes', (servers) => {
  let directory: string;
  let fixture: ReviewFixture;
  let project: SampleProject;

  beforeAll(async () => {
    directory = await temporary('review');
    fixture = await reviewFixture(servers, join(directory, 'data'));
  });
  afterAll(() => fixture.close());
  beforeEach(async () => {
    fixture.scheduler.task = { launchedBy: 'ada' };
    fixture.scheduler.checkNames = [];
    await open({ 'web/a.txt': 'a\n', 'api/b.txt': 'b\n', '.github/workflows/ci.yml': 'on: push\n' });
  });

  async function open(files: Edits): Promise<void> {
    project = await SampleProject.create(fixture, join(directory, newId()), files);
  }

  const as = <T>(principal: string, work: () => Promise<T>): Promise<T> =>
    requestContext.run({ requestId: '', principal, role: 'OPERATOR', traceparent: '' }, work);

  const decide = (principal: string, { changeId }: SampleChange, decision: keyof typeof Verdict_Decision) =>
    as(principal, () =>
      fixture.clients.changes.createVerdict(
        CreateVerdictRequest.fromPartial({
          changeId,
          verdict: Verdict_Decision[decision],
          reasonClass: decision === 'REJECT' ? 'INCORRECT' : '',
          comment: 'seen',
        }),
      ),
    );

  const setPolicy = (facts: Partial<ReviewPolicy>, etag = '') =>
    fixture.clients.policies.updateReviewPolicy({
      reviewPolicy: ReviewPolicy.fromPartial({ repositoryId: project.repositoryId, etag, ...facts }),
      updateMask: Object.keys(facts).map((key) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)),
    });

  const look = ({ changeId }: SampleChange) => fixture.clients.changes.getChange({ id: changeId });

  const land = ({ changeId }: SampleChange) =>
    fixture.clients.landings.createLanding(CreateLandingRequest.fromPartial({ changeId }));

  it('asks for as many people as the policy says, each counted once, and says how many are missing', async () => {
    await setPolicy({ requiredApprovals: 2 });
    const change = await project.capture({ 'web/a.txt': 'A\n' });
    await decide('ben', change, 'APPROVE');
    await decide('ben', change, 'APPROVE');
    expect(await look(change)).toMatchObject({
      reviewState: 'PENDING',
      approvals: { required: 2, given: ['ben'], missing: [{ kind: 'COUNT', count: 1 }] },
    });
    await expect(land(change)).rejects.toMatchObject({
      reason: 'APPROVAL_MISSING',
      metadata: { missing: 'COUNT', required: '2', given: 'ben' },
    });
    await decide('cid', change, 'REQUEST_CHANGES');
    await decide('dot', change, 'APPROVE');
    expect(await look(change)).toMatchObject({ reviewState: 'CHANGES_REQUESTED', approvals: { missing: [] } });
    await decide('cid', change, 'APPROVE');
    expect((await look(change)).reviewState).toBe('APPROVED');
    expect((await land(change)).state).toBe('QUEUED');
  });

  it('does not count the approval of who launched the batch where the policy says so, at once for what is in review', async () => {
    const change = await project.capture({ 'web/a.txt': 'A\n' });
    await decide('ada', change, 'APPROVE');
    expect((await look(change)).reviewState).toBe('APPROVED');
    const policy = await setPolicy({ selfApproval: false });
    expect(await look(change)).toMatchObject({ reviewState: 'PENDING', approvals: { given: [] } });
    await decide('ben', change, 'APPROVE');
    expect((await look(change)).reviewState).toBe('APPROVED');
    await expect(setPolicy({ requiredApprovals: 2 }, '0')).rejects.toMatchObject({ reason: 'VERSION_CONFLICT' });
    await expect(setPolicy({ requiredApprovals: 11 }, policy.etag)).rejects.toMatchObject({ reason: 'FIELD_INVALID' });
    const { clients } = fixture;
    expect(await clients.policies.getReviewPolicy({ repositoryId: project.repositoryId })).toEqual(policy);
  });

  it('asks the owners that the target branch names, whatever the change itself says of owners', async () => {
    await open({ 'web/a.txt': 'a\n', CODEOWNERS: '/web/ @shop/web\n', 'docs/CODEOWNERS': '* @nobody\n' });
    await setPolicy({ ownerPrincipals: [{ owner: '@shop/web', principals: ['wil'] }] });
    const change = await project.capture({ 'web/a.txt': 'A\n', CODEOWNERS: '* @ben\n' });
    await decide('ben', change, 'APPROVE');
    expect(await look(change)).toMatchObject({
      reviewState: 'PENDING',
      approvals: { missing: [{ kind: 'OWNER', owners: ['@shop/web'], paths: ['web/a.txt'], pathCount: 1 }] },
    });
    await expect(land(change)).rejects.toMatchObject({
      reason: 'APPROVAL_MISSING',
      metadata: { missing: 'OWNER', owners: '@shop/web', paths: 'web/a.txt' },
    });
    await decide('wil', change, 'APPROVE');
    expect((await look(change)).reviewState).toBe('APPROVED');
  });

  it('takes out of the queue what the branch, as it is when it would land, wants other owners for', async () => {
    const change = await project.capture({ 'web/a.txt': 'A\n' });
    await decide('ben', change, 'APPROVE');
    await project.commitBehindOurBack({ CODEOWNERS: '/web/ @wil\n' });
    const { id } = await land(change);
    const landing = await fixture.clients.landings.waitLanding({ id, timeout: { seconds: '60', nanos: 0 } });
    expect(landing).toMatchObject({ state: 'EJECTED', reason: 'APPROVAL_MISSING' });
    expect(landing.message).toContain('@wil');
  });

  it('lands nothing that CI systems would run without a person, even where no approval is asked for', async () => {
    await setPolicy({ requiredApprovals: 0 });
    const plain = await project.capture({ 'web/a.txt': 'A\n' });
    expect((await land(plain)).state).toBe('QUEUED');
    const change = await project.capture({ '.github/workflows/ci.yml': 'on: [push, pull_request]\n' });
    await expect(land(change)).rejects.toMatchObject({
      reason: 'APPROVAL_MISSING',
      metadata: { missing: 'CI_DEFINITION', paths: '.github/workflows/ci.yml' },
    });
    await decide('ben', change, 'APPROVE');
    expect((await land(change)).state).toBe('QUEUED');
  });

  it('keeps a verdict for a head with the same content, and dismisses it with the files that differ', async () => {
    const { changes } = fixture.clients;
    const attemptId = newId();
    const change = await project.capture({ 'web/a.txt': 'A\n' }, { attemptId });
    await decide('ben', change, 'APPROVE');
    const first = project.base;
    // Another base, on which the touched file is the same: a rebase.
    await project.commitBehindOurBack({ 'api/b.txt': 'other\n' });
    project.base = await fixture.clients.store
      .resolveCommit({ repositoryId: project.repositoryId, ref: 'trunk' })
      .then(({ commit }) => commit);
    const rebased = await project.capture({ 'web/a.txt': 'A\n' }, { attemptId, number: 2 });
    expect(rebased.commit).not.toBe(change.commit);
    expect(rebased.treeId).not.toBe(change.treeId);
    expect(await look(change)).toMatchObject({ reviewState: 'APPROVED', headCommit: rebased.commit });
    const [kept] = (await changes.listVerdicts({ changeId: change.changeId })).verdicts;
    expect(kept).toMatchObject({ headCommit: change.commit, treeId: change.treeId, heldHeadCommit: rebased.commit });
    expect(kept?.dismissal).toBeUndefined();

    project.base = first;
    const moved = await project.capture({ 'web/a.txt': 'A\n', 'api/b.txt': 'B\n' }, { attemptId, number: 3 });
    expect(await look(moved)).toMatchObject({ reviewState: 'PENDING', approvals: { given: [] } });
    const [gone] = (await changes.listVerdicts({ changeId: change.changeId })).verdicts;
    expect(gone).toMatchObject({ dismissal: { reason: 'CONTENT_MOVED', message: 'Another content: api/b.txt' } });
    expect(gone?.heldHeadCommit).toBeUndefined();
    const events: { type: string; version: string }[] = await fixture.dataSource.query(
      `SELECT type, version FROM outbox WHERE aggregate = 'verdict' AND aggregate_id = $1 ORDER BY version`,
      [kept?.id],
    );
    expect(events).toEqual([
      { type: 'verdict.submitted', version: '1' },
      { type: 'verdict.held', version: '2' },
      { type: 'verdict.dismissed', version: '3' },
    ]);
  });

  it('dismisses a verdict by hand, once', async () => {
    const { changes } = fixture.clients;
    const change = await project.capture({ 'web/a.txt': 'A\n' });
    const { changeId } = change;
    const { id } = await decide('cid', change, 'REJECT');
    await decide('ben', change, 'APPROVE');
    expect(await look(change)).toMatchObject({ reviewState: 'REJECTED', approvals: { blockedBy: [id] } });
    const dismiss = (comment: string, verdict = id) =>
      as('ada', () => changes.dismissVerdict({ requestId: '', changeId, id: verdict, comment }));
    await expect(dismiss(' ')).rejects.toMatchObject({ reason: 'FIELD_INVALID' });
    await expect(dismiss('x', newId())).rejects.toMatchObject({ reason: 'VERDICT_NOT_FOUND' });
    const dismissed = await dismiss('Cid is away');
    expect(dismissed.dismissal).toMatchObject({
      reason: 'DISMISSED_BY_USER',
      principal: 'ada',
      message: 'Cid is away',
    });
    expect(await dismiss('again')).toEqual(dismissed);
    expect((await look(change)).reviewState).toBe('APPROVED');
  });

  it('takes no rejection without a reason class of the list', async () => {
    const { changeId } = await project.capture({ 'web/a.txt': 'A\n' });
    const reject = (reasonClass: string) =>
      fixture.clients.changes.createVerdict(
        CreateVerdictRequest.fromPartial({ changeId, verdict: Verdict_Decision.REJECT, reasonClass }),
      );
    const refused = { reason: 'FIELD_INVALID', violations: [{ field: 'reason_class' }] };
    for (const word of ['', 'MEH']) {
      await expect(reject(word)).rejects.toMatchObject(refused);
      await expect(reject(word)).rejects.toThrow(/INCORRECT.*SUPERSEDED/);
    }
    expect((await reject('SUPERSEDED')).reasonClass).toBe('SUPERSEDED');
  });

  it('keeps a ledger of the acceptance criteria, by evidence on exactly the tree', async () => {
    const { changes } = fixture.clients;
    fixture.scheduler.task = {
      acceptance: ['tests pass', 'it is documented'],
      taskChecks: [{ name: 'unit', command: ['true'], timeout: undefined, advisory: false, proves: ['tests pass'] }],
    };
    const attemptId = newId();
    const change = await project.capture({ 'web/a.txt': 'A\n' }, { attemptId });
    const { changeId } = change;
    const states = async () => (await changes.listCriteria({ changeId })).criteria.map(({ state }) => state);
    expect(await states()).toEqual(['UNPROVEN', 'UNPROVEN']);
    await setPolicy({ requireCriteria: true });
    fixture.scheduler.checked(attemptId, change.treeId, { unit: 'PASSED' });
    await fixture.app.get(EvidenceService).refresh(attemptId, false);
    await decide('ben', change, 'APPROVE');
    expect(await look(change)).toMatchObject({ criteria: { met: 1, unmet: 0, unproven: 1 } });
    await expect(land(change)).rejects.toMatchObject({ reason: 'CRITERIA_NOT_MET', metadata: { unproven: '1' } });

    const attest = (met: boolean, criterionId = 'ac-2', headCommit = change.commit) =>
      as('ben', () =>
        changes.attestCriterion(
          AttestCriterionRequest.fromPartial({ changeId, criterionId, met, headCommit, comment: 'read it' }),
        ),
      );
    await expect(attest(true, 'ac-3')).rejects.toMatchObject({ reason: 'CRITERION_NOT_FOUND' });
    await expect(attest(true, 'ac-2', project.base)).rejects.toMatchObject({ reason: 'CHANGE_MOVED' });
    expect((await attest(false)).state).toBe('UNMET');
    expect(await attest(true)).toMatchObject({
      state: 'MET',
      evidence: [{ treeId: change.treeId, met: true, attestation: { principal: 'ben', comment: 'read it' } }],
    });
    expect((await look(change)).criteria).toEqual({ met: 2, unmet: 0, unproven: 0 });
    expect((await land(change)).state).toBe('QUEUED');

    await project.capture({ 'web/a.txt': 'AA\n' }, { attemptId, number: 2 });
    expect(await states()).toEqual(['UNPROVEN', 'UNPROVEN']);
  });

  it('puts what waits into the order of triage, and says how much a day has room for', async () => {
    const { changes } = fixture.clients;
    fixture.scheduler.task = {
      taskChecks: [{ name: 'unit', command: ['true'], timeout: undefined, advisory: false, proves: [] }],
    };
    const large = await project.capture({ 'web/a.txt': 'line\n'.repeat(120) });
    const small = await project.capture({ 'api/b.txt': 'B\n' });
    const red = await project.capture({ 'web/c.txt': 'c\n' });
    const done = await project.capture({ 'web/d.txt': 'd\n' });
    await decide('ben', done, 'APPROVE');
    fixture.scheduler.checked(red.attemptId, red.treeId, { unit: 'FAILED' });
    await fixture.app.get(EvidenceService).refresh(red.attemptId, false);
    const page = (pageToken = '') =>
      changes.listChanges(
        ListChangesRequest.fromPartial({
          repositoryId: project.repositoryId,
          orderBy: 'triage',
          pageSize: 2,
          pageToken,
        }),
      );
    const first = await page();
    const rest = await page(first.nextPageToken);
    const all = [...first.changes, ...rest.changes];
    expect(all.map(({ id }) => id)).toEqual([small.changeId, large.changeId, red.changeId]);
    expect(all.map(({ triage }) => triage?.route)).toEqual(['QUICK', 'DEEP', 'RETURN_TO_AGENT']);
    expect(rest.nextPageToken).toBe('');
    const minutes = (all[0]?.triage?.effortMinutes ?? 0) + (all[1]?.triage?.effortMinutes ?? 0);
    expect(first.reviewLoad).toEqual({
      changes: 2,
      queuedMinutes: minutes,
      capacityMinutes: 120,
      backlogLimitMinutes: 0,
      holdsOptionalAttempts: false,
    });
    await expect(changes.listChanges(ListChangesRequest.fromPartial({ orderBy: 'colour' }))).rejects.toMatchObject({
      reason: 'FIELD_INVALID',
    });

    const backlog = async () =>
      (await fixture.clients.backlogs.listReviewBacklogs({})).backlogs.filter(
        ({ repositoryId }) => repositoryId === project.repositoryId,
      );
    expect(await backlog()).toEqual([]);
    await setPolicy({ backlogLimitMinutes: minutes, reviewers: [{ principal: 'ben', minutesPerDay: 30 }] });
    expect(await backlog()).toEqual([]);
    await setPolicy({ backlogLimitMinutes: minutes - 1 });
    expect(await backlog()).toMatchObject([{ queuedMinutes: minutes, limitMinutes: minutes - 1 }]);
    expect((await page()).reviewLoad).toMatchObject({ capacityMinutes: 30, holdsOptionalAttempts: true });
    await decide('ben', small, 'APPROVE');
    expect(await backlog()).toEqual([]);
  });
});
