import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import {
  CreateLandingRequest,
  Landing_Delivery,
  Landing_State,
  Verdict_Decision,
  type Landing,
} from '@heddle/contracts';
import { newId } from '@heddle/platform/ids';
import type { GiteaUser, TestGitea } from '@heddle/testing';
import { ProposalFollower } from '../proposals/proposal-follower.js';
import type { ReviewFixture } from './review-fixture.js';
import { SampleProject, type Edits, type SampleChange } from './sample-project.js';

const exec = promisify(execFile);

const ON_THE_WAY: ReadonlySet<Landing_State> = new Set([
  Landing_State.QUEUED,
  Landing_State.TESTING,
  Landing_State.PUSHING,
]);

interface PullRequest {
  readonly number: number;
  readonly state: string;
  readonly title: string;
  readonly body: string;
  readonly head: { readonly ref: string; readonly sha: string };
  readonly base: { readonly ref: string };
}

/** A repository at a Gitea, and what its people and the platform do with pull requests there. */
export class GiteaProject {
  private project: SampleProject | undefined;

  private constructor(
    private readonly fixture: ReviewFixture,
    private readonly gitea: TestGitea,
    readonly owner: GiteaUser,
    readonly name: string,
    private readonly credentialId: string,
  ) {}

  /** @param path of a copy on this host, not there yet */
  static async create(
    fixture: ReviewFixture,
    gitea: TestGitea,
    owner: GiteaUser,
    path: string,
    files: Edits = { 'a.txt': '1\n2\n3\n', 'b.txt': 'b\n' },
  ): Promise<GiteaProject> {
    const made = new GiteaProject(fixture, gitea, owner, `shop-${newId()}`, newId());
    made.useToken(owner.token);
    made.project = await SampleProject.create(fixture, path, files, { publish: (copy) => made.publish(copy) });
    return made;
  }

  get sample(): SampleProject {
    if (this.project === undefined) throw new Error('not made yet');
    return this.project;
  }

  /** What the platform shows the forge from now on. */
  useToken(value: string): void {
    const credential = { id: this.credentialId, provider: 'GITEA', baseUrl: this.gitea.url, value };
    this.fixture.scheduler.gitCredentials.set(this.credentialId, credential);
  }

  /** Of the API. */
  repository(below: string): string {
    return `/repos/${this.owner.name}/${this.name}${below}`;
  }

  async approved(edits: Edits, project = this.sample): Promise<SampleChange> {
    const change = await project.capture(edits);
    await this.approve(change);
    return change;
  }

  async approve(change: SampleChange): Promise<void> {
    this.fixture.scheduler.checked(change.attemptId, change.treeId, { unit: 'PASSED' });
    await this.fixture.clients.changes.createVerdict({
      requestId: '',
      changeId: change.changeId,
      verdict: Verdict_Decision.APPROVE,
      headCommit: change.commit,
      reasonClass: '',
      comment: '',
    });
  }

  enqueue(change: SampleChange, delivery = Landing_Delivery.PULL_REQUEST): Promise<Landing> {
    const { landings } = this.fixture.clients;
    return landings.createLanding(CreateLandingRequest.fromPartial({ changeId: change.changeId, delivery }));
  }

  get(landing: Landing): Promise<Landing> {
    return this.fixture.clients.landings.getLanding({ id: landing.id });
  }

  /** Has the forge asked until the landing is as it should be; what never comes ends by the test's time limit. */
  async followed(landing: Landing, isThere: (now: Landing) => boolean): Promise<Landing> {
    for (;;) {
      const now = await this.get(landing);
      if (isThere(now)) return now;
      this.fixture.app.get(ProposalFollower).poke();
      await delay(50);
    }
  }

  proposed(landing: Landing): Promise<Landing> {
    return this.followed(landing, ({ state }) => !ON_THE_WAY.has(state));
  }

  settled(landing: Landing): Promise<Landing> {
    return this.followed(landing, ({ endTime }) => endTime !== undefined);
  }

  async pull({ pullRequest }: Landing): Promise<PullRequest> {
    const found = await this.owner.api('GET', this.repository(`/pulls/${String(pullRequest?.number)}`));
    return found as PullRequest;
  }

  /** The forge finds out in its own time whether a request can be merged. */
  async merge({ pullRequest }: Landing, how: 'merge' | 'squash' | 'rebase'): Promise<void> {
    for (;;) {
      try {
        await this.owner.api('POST', this.repository(`/pulls/${String(pullRequest?.number)}/merge`), { Do: how });
        return;
      } catch (error) {
        if (!String(error).includes('try again later')) throw error;
        await delay(50);
      }
    }
  }

  /** @returns the tip of a branch at the forge, whose objects are here from then on */
  async fetched(branch = 'trunk'): Promise<string> {
    const { path } = this.sample;
    await this.git(path, 'fetch', '-q', this.url, `+refs/heads/${branch}:refs/heads/forge`);
    return this.sample.tip('forge');
  }

  /** As the owner. */
  async git(cwd: string, ...args: string[]): Promise<void> {
    const basic = Buffer.from(`x:${this.owner.token}`).toString('base64');
    const config = ['-c', 'safe.directory=*', '-c', `http.extraHeader=Authorization: Basic ${basic}`];
    await exec('git', [...config, ...args], { cwd });
  }

  get url(): string {
    return `${this.gitea.url}/${this.owner.name}/${this.name}.git`;
  }

  private async publish(path: string): Promise<{ url: string; credentialId: string }> {
    const { owner, name, url, credentialId } = this;
    await owner.api('POST', '/user/repos', { name, default_branch: 'trunk', private: true });
    await this.git(path, 'push', '-q', url, 'refs/heads/trunk:refs/heads/trunk');
    // The forge takes in what was pushed in its own time; in what it thinks empty it knows no pull requests.
    while (((await owner.api('GET', this.repository(''))) as { empty: boolean }).empty) await delay(50);
    return { url, credentialId };
  }
}
