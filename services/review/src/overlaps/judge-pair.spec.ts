import { describe, expect, it } from '@jest/globals';
import { judgePair, touchedPaths, type PairSide } from './judge-pair.js';

const side = (treeId: string, ...paths: string[]): PairSide => ({ treeId, paths: new Set(paths) });
const CLEAN = { clean: true, tree: 't' } as const;

describe('judgePair', () => {
  it('says NONE of changes that merge and share no file', () => {
    expect(judgePair(side('1', 'a'), side('2', 'b'), CLEAN)).toEqual({
      level: 'NONE',
      duplicate: false,
      paths: [],
      evidence: [],
    });
  });

  it('says FILE where both touch a file and it merges', () => {
    expect(judgePair(side('1', 'b', 'a'), side('2', 'a', 'b'), CLEAN)).toMatchObject({
      level: 'FILE',
      paths: ['a', 'b'],
    });
  });

  it('says TEXTUAL with the conflict of each path, and keeps what else is shared as evidence', () => {
    const merge = {
      clean: false,
      tree: 't',
      paths: [Buffer.from('a'), Buffer.from([0xff])],
      messages: [
        { type: 'Auto-merging', paths: [Buffer.from('c')], text: '' },
        { type: 'CONFLICT (contents)', paths: [Buffer.from('a')], text: '' },
      ],
    } as const;
    expect(judgePair(side('1', 'a', 'c'), side('2', 'a', 'c'), merge)).toEqual({
      level: 'TEXTUAL',
      duplicate: false,
      paths: ['a', '\ufffd', 'c'],
      evidence: [
        { level: 'TEXTUAL', path: 'a', conflict: 'CONFLICT (contents)' },
        { level: 'TEXTUAL', path: '\ufffd', conflict: 'CONFLICT' },
        { level: 'FILE', path: 'c', conflict: '' },
      ],
    });
  });

  it('never takes an undecided merge for clean', () => {
    expect(judgePair(side('1', 'a'), side('2', 'b'), 'unknown')).toMatchObject({
      level: 'FILE',
      evidence: [{ conflict: 'MERGE_UNDECIDED' }],
    });
  });

  it('knows equal trees as duplicates', () => {
    expect(judgePair(side('1', 'a'), side('1', 'a'), CLEAN).duplicate).toBe(true);
  });
});

describe('touchedPaths', () => {
  it('counts both names of a rename', () => {
    const file = {
      status: 'RENAMED',
      path: Buffer.from('new'),
      oldPath: Buffer.from('old'),
      additions: 0,
      deletions: 0,
      binary: false,
    } as const;
    expect([...touchedPaths([file])]).toEqual(['new', 'old']);
  });
});
