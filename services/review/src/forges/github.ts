import { z } from 'zod';
import type { Forge, Proposal } from './forge.js';
import { proposalOf, PullRequests, pullShape } from './pull-requests.js';

export function gitHubHeaders(token: string): Record<string, string> {
  return {
    Authorization: `Bearer ${token}`,
    Accept: 'application/vnd.github+json',
    'X-GitHub-Api-Version': '2022-11-28',
  };
}

/** GitHub and GitHub Enterprise, by REST. */
export class GitHub extends PullRequests implements Forge {
  async find(head: string, base: string): Promise<Proposal | undefined> {
    const query = { head: `${this.owner}:${head}`, base, state: 'all', sort: 'created', direction: 'desc' };
    const pulls = await this.connection.call({ method: 'GET', path: this.pulls(), query }, z.array(pullShape));
    // A filter that it does not understand is passed over.
    const pull = pulls.find((each) => each.head.ref === head);
    return pull && proposalOf(pull);
  }
}
