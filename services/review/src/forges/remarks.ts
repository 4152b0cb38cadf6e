import type { ForgeProvider } from '@heddle/domain';

/** What somebody said of a request in a review that is finished: of the whole of it, or of lines. */
export interface Remark {
  /** Of no other remark of the request. */
  readonly id: string;
  /** As the forge tells it of people. */
  readonly author: RemarkAuthor;
  readonly text: string;
  /** Absent: of the request as a whole. */
  readonly place?: RemarkPlace;
}

export interface RemarkAuthor {
  /** `gitea:ann`: no principal of the platform's own. */
  readonly principal: string;
  /** What the forge is asked about them by. */
  readonly handle: string;
}

export interface RemarkPlace {
  readonly path: string;
  /** OLD: as the file was before. */
  readonly side: 'OLD' | 'NEW';
  /** From 1; 0: the whole file. */
  readonly line: number;
  /** That was seen; empty where the forge does not say. */
  readonly commit: string;
}

/** Letters that the three forges allow; whatever else is named can be asked about nowhere. */
const LOGIN = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}(\[bot\])?$/;
const MOST_PAGES = 10;
export const PAGE_SIZE = 50;

/** Undefined for what is no name of a person. */
export function authorOf(provider: ForgeProvider, login: string, handle = login): RemarkAuthor | undefined {
  return LOGIN.test(login) ? { principal: `${provider.toLowerCase()}:${login}`, handle } : undefined;
}

/** @param ask for one page, from 1, of at most `PAGE_SIZE` */
export async function allPages<T>(ask: (page: number) => Promise<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const found = await ask(page);
    all.push(...found);
    if (found.length < PAGE_SIZE) break;
  }
  return all;
}
