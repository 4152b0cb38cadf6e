import type { Output, Sink } from './output.js';

/** A program that shows long text page by page. */
export interface Pager extends Sink {
  /** Resolves when its reader has left it. */
  close(): Promise<void>;
}

/** Undefined where there is none, or none is wished. */
export type OpenPager = () => Promise<Pager | undefined>;

export const noPager: OpenPager = () => Promise.resolve(undefined);

/** Shows what `work` writes page by page, where somebody sits at a terminal. */
export async function paged(out: Output, open: OpenPager, work: (out: Output) => Promise<void>): Promise<void> {
  const pager = out.isTerminal && !out.json ? await open() : undefined;
  if (pager === undefined) {
    await work(out);
    return;
  }
  try {
    await work(out.to(pager));
  } finally {
    await pager.close();
  }
}
