/** What testing the merge of a member, with all before it, came to. UNWANTED: nobody wants that member any more. */
export type ChainVerdict = 'GREEN' | 'RED' | 'UNWANTED';

export type ChainMove =
  | { readonly kind: 'WAIT' }
  | { readonly kind: 'DONE' }
  /** The first `count` of what remains may go onto the branch together: the last of them was tested. */
  | { readonly kind: 'LAND'; readonly count: number }
  /** The first of what remains falls out; everything behind was merged onto it and has to be merged again. */
  | { readonly kind: 'DROP'; readonly verdict: Exclude<ChainVerdict, 'GREEN'> };

/**
 * A chain of merges under test: member k was merged onto member k-1, so its verdict is about all before it too. One test
 * stands for a batch of neighbours; where it is red, the batch is halved until the first red member is known.
 * Members are known by their places from 0, which stay as they are when others have landed.
 */
export class LandingChain {
  readonly #verdicts = new Map<number, ChainVerdict>();
  #head = 0;

  /** @param batch how many neighbours one test stands for; at least 1 */
  constructor(
    private readonly length: number,
    private readonly batch = 1,
  ) {}

  /** The place of the first member that is neither landed nor dropped. */
  get head(): number {
    return this.#head;
  }

  /** The first verdict of a member holds. */
  judge(place: number, verdict: ChainVerdict): void {
    if (!this.#verdicts.has(place)) this.#verdicts.set(place, verdict);
  }

  isJudged(place: number): boolean {
    return this.#verdicts.has(place);
  }

  /** The places whose merges have to be under test now. What else is under test is of no use. */
  wanted(): readonly number[] {
    const barrier = this.firstBad();
    const ends = this.batchEnds().filter((place) => place > this.lastGood(barrier) && place < barrier);
    const extra = this.betweenGoodAnd(barrier);
    const places = extra === undefined ? ends : [...ends, extra];
    return [...new Set(places)].filter((place) => !this.isJudged(place)).sort((a, b) => a - b);
  }

  next(): ChainMove {
    if (this.#head >= this.length) return { kind: 'DONE' };
    const barrier = this.firstBad();
    const good = this.lastGood(barrier);
    if (good >= this.#head) return { kind: 'LAND', count: good - this.#head + 1 };
    if (barrier > this.#head) return { kind: 'WAIT' };
    const verdict = this.#verdicts.get(barrier);
    return { kind: 'DROP', verdict: verdict === 'UNWANTED' ? 'UNWANTED' : 'RED' };
  }

  /** The first `count` of what remained are on the branch. */
  landed(count: number): void {
    this.#head += count;
  }

  /** The first place with a bad verdict; the length of the chain where there is none. */
  private firstBad(): number {
    const bad = [...this.#verdicts].filter(([place, verdict]) => verdict !== 'GREEN' && place >= this.#head);
    return Math.min(this.length, ...bad.map(([place]) => place));
  }

  /** The last green place before the barrier; the place before the head where there is none. */
  private lastGood(barrier: number): number {
    const good = [...this.#verdicts].filter(([place, verdict]) => verdict === 'GREEN' && place < barrier);
    return Math.max(this.#head - 1, ...good.map(([place]) => place));
  }

  private batchEnds(): number[] {
    return Array.from({ length: this.length }, (_, place) => place).filter(
      (place) => (place + 1) % this.batch === 0 || place === this.length - 1,
    );
  }

  /** Where to look for the first bad one of a batch whose end is bad: half-way. Of what is unwanted the place is known. */
  private betweenGoodAnd(barrier: number): number | undefined {
    if (barrier === this.length) return undefined;
    const known = this.batchEnds().filter((place) => place < barrier);
    const low = Math.max(this.lastGood(barrier), ...known);
    if (low >= barrier - 1) return undefined;
    return this.#verdicts.get(barrier) === 'UNWANTED' ? barrier - 1 : Math.floor((low + barrier) / 2);
  }
}
