import { ForgeRefusal, type Forge, type Proposal } from './forge.js';
import { proposalOf, PullRequests, pullShape } from './pull-requests.js';

export function giteaHeaders(token: string): Record<string, string> {
  return { Authorization: `token ${token}` };
}

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
}
