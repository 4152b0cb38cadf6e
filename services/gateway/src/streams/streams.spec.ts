import { describe, expect, it } from '@jest/globals';
import { inBatches } from './in-batches.js';
import { IDLE, withIdle } from './with-idle.js';

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

describe('inBatches', () => {
  it('groups what is there and loses nothing', async () => {
    async function* source() {
      for (let index = 0; index < 25; index += 1) yield index;
      await new Promise((resolve) => setTimeout(resolve, 20));
      yield 25;
    }
    const batches = await collect(inBatches(source(), 10));
    expect(batches.flat()).toEqual(Array.from({ length: 26 }, (_, index) => index));
    expect(batches.at(-1)).toEqual([25]);
    expect(batches.length).toBeLessThan(26);
  });

  it('gives what it has before the error of its source', async () => {
    async function* source() {
      yield 1;
      await Promise.resolve();
      throw new Error('broke');
    }
    const seen: number[][] = [];
    await expect(
      (async () => {
        for await (const batch of inBatches(source(), 10)) seen.push(batch);
      })(),
    ).rejects.toThrow('broke');
    expect(seen.flat().length).toBeLessThanOrEqual(1);
  });

  it('lets its source go when the reader stops', async () => {
    let ended = false;
    async function* source() {
      try {
        for (;;) yield 1;
      } finally {
        ended = true;
      }
    }
    for await (const batch of inBatches(source(), 3)) {
      expect(batch).toEqual([1, 1, 1]);
      break;
    }
    await new Promise((resolve) => setImmediate(resolve));
    expect(ended).toBe(true);
  });
});

describe('withIdle', () => {
  it('tells of silence and goes on', async () => {
    let release: (() => void) | undefined;
    async function* source() {
      yield 'a';
      await new Promise<void>((resolve) => (release = resolve));
      yield 'b';
    }
    const seen: unknown[] = [];
    for await (const item of withIdle(source(), 5)) {
      seen.push(item);
      if (item === IDLE) release?.();
    }
    expect(seen.filter((item) => item !== IDLE)).toEqual(['a', 'b']);
    expect(seen).toContain(IDLE);
  });
});
