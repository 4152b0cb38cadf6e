import { z } from 'zod';
import { ForgeRefusal, type Forge, type Proposal } from './forge.js';
import { proposalOf, PullRequests, pullShape } from './pull-requests.js';
import { allPages, authorOf, PAGE_SIZE, type Remark } from './remarks.js';

const person = z.object({ login: z.string() }).nullish();

const reviewShape = z.object({
  id: z.number(),
  user: person,
  state: z.string(),
  body: z.string().nullish(),
  dismissed: z.boolean().nullish(),
  comments_count: z.number().nullish(),
  commit_id: z.string().nullish(),
});

const commentShape = z.object({
  id: z.number(),
  user: person,
  body: z.string(),
  path: z.string(),
  // Lines, whatever their name: of the file as it is now, and as it was before.
  position: z.number().int().nonnegative().nullish(),
  original_position: z.number().int().nonnegative().nullish(),
});

export function giteaHeaders(token: string): Record<string, string> {
  return { Authorization: `token ${token}` };
}

/** What an approval says asks for nothing; what is pending is not said yet. */
const SAID: ReadonlySet<string> = new Set(['REQUEST_CHANGES', 'COMMENT']);

/** Gitea and Forgejo. */
export class Gitea extends PullRequests implements Forge {
  async find(head: string, base: string): Promise<Proposal | undefined> {
    // The head's own slashes are part of the route.
    const path = this.pulls(base, ...head.split('/'));
    try {
      return proposalOf(await this.connection.call({ method: 'GET', path }, pullShape));
    } catch (error) {
      if (error instanceof ForgeRefusal && error.status === 404) return undefined;
      throw error;
    }
  }

  async remarks(number: number): Promise<Remark[]> {
    const remarks: Remark[] = [];
    for (const review of await this.pagesOf(this.pulls(String(number), 'reviews'), reviewShape)) {
      const { id, user, state, body, dismissed, comments_count: count } = review;
      const author = authorOf('GITEA', user?.login ?? '');
      if (author !== undefined && SAID.has(state) && dismissed !== true)
        remarks.push({ id: `review ${String(id)}`, author, text: body ?? '' });
      if (state !== 'PENDING' && (count ?? 0) > 0) remarks.push(...(await this.lineRemarks(number, review)));
    }
    return remarks;
  }

  /** The commit of a comment is the one that made the line; the one that was seen is the review's. */
  private async lineRemarks(number: number, review: z.infer<typeof reviewShape>): Promise<Remark[]> {
    const commit = review.commit_id ?? '';
    const path = this.pulls(String(number), 'reviews', String(review.id), 'comments');
    const comments = await this.connection.call({ method: 'GET', path }, z.array(commentShape));
    return comments.flatMap(({ id, user, body, path: file, position, original_position: before }) => {
      const author = authorOf('GITEA', user?.login ?? '');
      if (author === undefined) return [];
      const isNew = (position ?? 0) > 0 || (before ?? 0) === 0;
      const line = (isNew ? position : before) ?? 0;
      const place = { path: file, side: isNew ? 'NEW' : 'OLD', line, commit } as const;
      return [{ id: `comment ${String(id)}`, author, text: body, place }];
    });
  }

  private pagesOf<T>(path: readonly string[], shape: z.ZodType<T>): Promise<T[]> {
    return allPages((page) =>
      this.connection.call(
        { method: 'GET', path, query: { limit: String(PAGE_SIZE), page: String(page) } },
        z.array(shape),
      ),
    );
  }
}
