import { z } from 'zod';
import { ForgeRefusal, pageUrl, type NewProposal, type Proposal } from './forge.js';
import type { ForgeConnection } from './forge-connection.js';
import type { RemarkAuthor } from './remarks.js';

const WRITERS: ReadonlySet<string> = new Set(['owner', 'admin', 'write']);

/** The fields of a pull request that are used, as GitHub has them and Gitea too. */
export const pullShape = z.object({
  number: z.number().int().positive(),
  html_url: z.string(),
  state: z.enum(['open', 'closed']),
  // Lists of GitHub have no `merged`.
  merged_at: z.string().nullish(),
  merge_commit_sha: z.string().nullish(),
  head: z.object({ ref: z.string() }),
});

export function proposalOf(pull: z.infer<typeof pullShape>): Proposal {
  // Before the merge GitHub names a commit that tries it out.
  const isMerged = typeof pull.merged_at === 'string';
  return {
    number: pull.number,
    url: pageUrl(pull.html_url),
    state: isMerged
      ? { kind: 'MERGED', commit: pull.merge_commit_sha ?? undefined }
      : { kind: pull.state === 'open' ? 'OPEN' : 'CLOSED' },
  };
}

/** The part of GitHub's API that Gitea has taken over. */
export class PullRequests {
  constructor(
    protected readonly connection: ForgeConnection,
    protected readonly owner: string,
    protected readonly name: string,
  ) {}

  async open({ head, base, title, body }: NewProposal): Promise<Proposal> {
    return proposalOf(
      await this.connection.call({ method: 'POST', path: this.pulls(), body: { head, base, title, body } }, pullShape),
    );
  }

  async read(number: number): Promise<Proposal> {
    return proposalOf(await this.connection.call({ method: 'GET', path: this.pulls(String(number)) }, pullShape));
  }

  close(number: number): Promise<void> {
    return this.change(number, { state: 'closed' });
  }

  describe(number: number, body: string): Promise<void> {
    return this.change(number, { body });
  }

  async mayWrite({ handle }: RemarkAuthor): Promise<boolean> {
    const path = ['repos', this.owner, this.name, 'collaborators', handle, 'permission'];
    try {
      const { permission } = await this.connection.call({ method: 'GET', path }, z.object({ permission: z.string() }));
      return WRITERS.has(permission);
    } catch (error) {
      if (error instanceof ForgeRefusal && error.status === 404) return false;
      throw error;
    }
  }

  private async change(number: number, body: Readonly<Record<string, string>>): Promise<void> {
    await this.connection.call({ method: 'PATCH', path: this.pulls(String(number)), body }, z.unknown());
  }

  protected pulls(...below: string[]): string[] {
    return ['repos', this.owner, this.name, 'pulls', ...below];
  }
}
