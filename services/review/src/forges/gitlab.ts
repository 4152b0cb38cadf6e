import { z } from 'zod';
import { pageUrl, type Forge, type NewProposal, type Proposal } from './forge.js';
import type { ForgeConnection } from './forge-connection.js';

const mergeRequestShape = z.object({
  iid: z.number().int().positive(),
  web_url: z.string(),
  // `locked`: it is being merged.
  state: z.enum(['opened', 'closed', 'locked', 'merged']),
  source_branch: z.string(),
  sha: z.string().nullish(),
  merge_commit_sha: z.string().nullish(),
  squash_commit_sha: z.string().nullish(),
});

const STATES = { opened: 'OPEN', locked: 'OPEN', closed: 'CLOSED' } as const;

export function gitLabHeaders(token: string): Record<string, string> {
  return { Authorization: `Bearer ${token}` };
}

/** GitLab, by REST. */
export class GitLab implements Forge {
  /** @param path groups and name */
  constructor(
    private readonly connection: ForgeConnection,
    private readonly path: readonly string[],
  ) {}

  async find(head: string, base: string): Promise<Proposal | undefined> {
    const query = { source_branch: head, target_branch: base, state: 'all', order_by: 'created_at', sort: 'desc' };
    const call = { method: 'GET', path: this.requests(), query } as const;
    const found = await this.connection.call(call, z.array(mergeRequestShape));
    const first = found.find((each) => each.source_branch === head);
    return first && proposalOf(first);
  }

  async open({ head, base, title, body }: NewProposal): Promise<Proposal> {
    const wanted = { source_branch: head, target_branch: base, title, description: body };
    return proposalOf(
      await this.connection.call({ method: 'POST', path: this.requests(), body: wanted }, mergeRequestShape),
    );
  }

  async read(number: number): Promise<Proposal> {
    const path = this.requests(String(number));
    return proposalOf(await this.connection.call({ method: 'GET', path }, mergeRequestShape));
  }

  async close(number: number): Promise<void> {
    const path = this.requests(String(number));
    await this.connection.call({ method: 'PUT', path, body: { state_event: 'close' } }, z.unknown());
  }

  private requests(...below: string[]): string[] {
    return ['projects', this.path.join('/'), 'merge_requests', ...below];
  }
}

function proposalOf(request: z.infer<typeof mergeRequestShape>): Proposal {
  const { iid, web_url: url, state } = request;
  // Without a merge commit the branch was moved to the squashed commit, or to the head itself.
  const commit = request.merge_commit_sha ?? request.squash_commit_sha ?? request.sha ?? undefined;
  return {
    number: iid,
    url: pageUrl(url),
    state: state === 'merged' ? { kind: 'MERGED', commit } : { kind: STATES[state] },
  };
}
