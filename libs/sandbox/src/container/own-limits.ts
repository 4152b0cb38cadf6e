import { readFile } from 'node:fs/promises';

/** What a process of this host may at most; `-1`: as much as it likes. */
export interface OwnLimits {
  readonly openFiles: number;
  readonly processes: number;
}

/** This process's own. An engine's defaults can be more than the host lets it give. */
export async function ownLimits(): Promise<OwnLimits> {
  const text = await readFile('/proc/self/limits', 'utf8');
  return { openFiles: hardLimit(text, 'Max open files'), processes: hardLimit(text, 'Max processes') };
}

function hardLimit(text: string, name: string): number {
  const [, hard] =
    text
      .split('\n')
      .find((line) => line.startsWith(name))
      ?.slice(name.length)
      .trim()
      .split(/\s+/) ?? [];
  return hard === undefined || hard === 'unlimited' ? -1 : Number(hard);
}
