import type { Remark, RemarkAuthor } from './remarks.js';

/** What a forge says of a pull or merge request. */
export interface Proposal {
  /** As the forge counts them within the repository. */
  readonly number: number;
  /** Its page for people; empty where the forge names none that a browser could open. */
  readonly url: string;
  readonly state: ProposalState;
}

export type ProposalState =
  | { readonly kind: 'OPEN' }
  /** Nobody merged it. */
  | { readonly kind: 'CLOSED' }
  /** `commit`: the tip that the merge made of the target, where the forge names it. */
  | { readonly kind: 'MERGED'; readonly commit: string | undefined };

export interface NewProposal {
  /** Branches of the repository, without refs/heads/. */
  readonly head: string;
  readonly base: string;
  readonly title: string;
  readonly body: string;
}

/**
 * One repository at a forge. Every method throws ForgeRefusal for what the forge says no to, and ForgeAwayError where it
 * does not answer or wants to be asked later.
 */
export interface Forge {
  /** The newest request from the one branch into the other, whatever has become of it. */
  find(head: string, base: string): Promise<Proposal | undefined>;
  open(wanted: NewProposal): Promise<Proposal>;
  read(number: number): Promise<Proposal>;
  close(number: number): Promise<void>;
  /** Puts another text in the place of the request's. */
  describe(number: number, body: string): Promise<void>;
  /** What finished reviews say of a request, the first 500 of each kind. The conversation below it is not part of a review. */
  remarks(number: number): Promise<Remark[]>;
  /** Whether somebody may push to the repository. */
  mayWrite(author: RemarkAuthor): Promise<boolean>;
}

/** The forge says no, and would again. */
export class ForgeRefusal extends Error {
  override readonly name = 'ForgeRefusal';

  /** @param status of HTTP; `message`: the forge's words */
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** The forge did not answer, or wants to be asked later. */
export class ForgeAwayError extends Error {
  override readonly name = 'ForgeAwayError';
}

/** An address for people to open; a forge could name any. */
export function pageUrl(text: string): string {
  return /^https?:\/\//.test(text) && text.length <= 2_000 && URL.canParse(text) ? text : '';
}
