import { z } from 'zod';
import type { Forge, Proposal } from './forge.js';
import { allPages, authorOf, PAGE_SIZE, type Remark } from './remarks.js';
import { proposalOf, PullRequests, pullShape } from './pull-requests.js';

const person = z.object({ login: z.string() }).nullish();

const reviewShape = z.object({ id: z.number(), user: person, state: z.string(), body: z.string().nullish() });

const commentShape = z.object({
  id: z.number(),
  user: person,
  body: z.string(),
  path: z.string(),
  // Null where the request has moved on past the line.
  line: z.number().int().positive().nullish(),
  side: z.string().nullish(),
  commit_id: z.string(),
});

export function gitHubHeaders(token: string): Record<string, string> {
  return {
    Authorization: `Bearer ${token}`,
    Accept: 'application/vnd.github+json',
    'X-GitHub-Api-Version': '2022-11-28',
  };
}

/** What an approval says asks for nothing; what was dismissed asks no more. */
const SAID: ReadonlySet<string> = new Set(['CHANGES_REQUESTED', 'COMMENTED']);

/** GitHub and GitHub Enterprise, by REST. */
export class GitHub extends PullRequests implements Forge {
  async find(head: string, base: string): Promise<Proposal | undefined> {
    const query = { head: `${this.owner}:${head}`, base, state: 'all', sort: 'created', direction: 'desc' };
    const pulls = await this.connection.call({ method: 'GET', path: this.pulls(), query }, z.array(pullShape));
    // A filter that it does not understand is passed over.
    const pull = pulls.find((each) => each.head.ref === head);
    return pull && proposalOf(pull);
  }

  async remarks(number: number): Promise<Remark[]> {
    const [reviews, comments] = [
      await this.pagesOf(number, 'reviews', reviewShape),
      await this.pagesOf(number, 'comments', commentShape),
    ];
    return [
      ...reviews.flatMap(({ id, user, state, body }) => {
        const author = authorOf('GITHUB', user?.login ?? '');
        if (author === undefined || !SAID.has(state)) return [];
        return [{ id: `review ${String(id)}`, author, text: body ?? '' }];
      }),
      ...comments.flatMap(({ id, user, body, path, line, side, commit_id: commit }) => {
        const author = authorOf('GITHUB', user?.login ?? '');
        if (author === undefined) return [];
        const place = { path, side: side === 'LEFT' ? 'OLD' : 'NEW', line: line ?? 0, commit } as const;
        return [{ id: `comment ${String(id)}`, author, text: body, place }];
      }),
    ];
  }

  private pagesOf<T>(number: number, what: string, shape: z.ZodType<T>): Promise<T[]> {
    const path = this.pulls(String(number), what);
    return allPages((page) =>
      this.connection.call(
        { method: 'GET', path, query: { per_page: String(PAGE_SIZE), page: String(page) } },
        z.array(shape),
      ),
    );
  }
}
