import { z } from 'zod';
import { ForgeRefusal, pageUrl, type Forge, type NewProposal, type Proposal } from './forge.js';
import type { ForgeConnection } from './forge-connection.js';
import { allPages, authorOf, PAGE_SIZE, type Remark, type RemarkAuthor, type RemarkPlace } from './remarks.js';

const line = z.number().int().positive().nullish();

const positionShape = z.object({
  new_path: z.string().nullish(),
  old_path: z.string().nullish(),
  new_line: line,
  old_line: line,
  head_sha: z.string().nullish(),
});

const noteShape = z.object({
  id: z.number(),
  body: z.string(),
  author: z.object({ id: z.number().int().positive(), username: z.string() }).nullish(),
  system: z.boolean(),
  // Of a thread: what is said below a request is not.
  resolvable: z.boolean(),
  resolved: z.boolean().nullish(),
  position: positionShape.nullish(),
});

const discussionShape = z.object({ notes: z.array(noteShape) });

/** Developer: the least that may push. */
const WRITER_LEVEL = 30;

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

  close(number: number): Promise<void> {
    return this.change(number, { state_event: 'close' });
  }

  describe(number: number, body: string): Promise<void> {
    return this.change(number, { description: body });
  }

  async remarks(number: number): Promise<Remark[]> {
    const path = this.requests(String(number), 'discussions');
    const discussions = await allPages((page) =>
      this.connection.call(
        { method: 'GET', path, query: { per_page: String(PAGE_SIZE), page: String(page) } },
        z.array(discussionShape),
      ),
    );
    return discussions
      .flatMap(({ notes }) => notes)
      .flatMap(({ id, body, author: user, system, resolvable, resolved, position }) => {
        const author = user && authorOf('GITLAB', user.username, String(user.id));
        if (!author || system || !resolvable || resolved === true) return [];
        const place = position && placeOf(position);
        return [{ id: `note ${String(id)}`, author, text: body, ...(place ? { place } : {}) }];
      });
  }

  async mayWrite({ handle }: RemarkAuthor): Promise<boolean> {
    const path = ['projects', this.path.join('/'), 'members', 'all', handle];
    try {
      const found = await this.connection.call({ method: 'GET', path }, z.object({ access_level: z.number() }));
      return found.access_level >= WRITER_LEVEL;
    } catch (error) {
      if (error instanceof ForgeRefusal && error.status === 404) return false;
      throw error;
    }
  }

  private async change(number: number, body: Readonly<Record<string, string>>): Promise<void> {
    await this.connection.call({ method: 'PUT', path: this.requests(String(number)), body }, z.unknown());
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

function placeOf(position: z.infer<typeof positionShape>): RemarkPlace | undefined {
  const { new_path: newPath, old_path: oldPath, new_line: newLine, old_line: oldLine, head_sha: commit } = position;
  const isOld = !newLine && !!oldLine;
  const path = isOld ? oldPath : newPath;
  if (!path) return undefined;
  return { path, side: isOld ? 'OLD' : 'NEW', line: (isOld ? oldLine : newLine) ?? 0, commit: commit ?? '' };
}
