import { describe, expect, it } from '@jest/globals';
import { useTemporaryDirectories } from '@heddle/testing';
import { fuzzCapture } from './capture/capture-fuzz.js';

const temporary = useTemporaryDirectories();
const isRoot = process.getuid?.() === 0;

/** Always the same; `npm run fuzz -- capture` plays more. */
const SEEDS = Array.from({ length: 200 }, (_, index) => index + 1);

describe(isRoot ? 'a fuzzed capture' : 'a fuzzed capture [skipped: overlays are mounted by root]', () => {
  (isRoot ? it : it.skip)(
    'gives the tree that git finds in the whole work tree, tells what it left out, and is taken by the store',
    async () => {
      expect(await fuzzCapture({ directory: await temporary('fuzz'), seeds: SEEDS })).toEqual([]);
    },
    // Against hanging, not a measure of speed.
    600_000,
  );
});
