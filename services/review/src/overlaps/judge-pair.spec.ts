import { describe, expect, it } from '@jest/globals';
import { footprint } from '@heddle/git';
import type { FileFacts } from './change-facts.js';
import { judgePair, type PairSide } from './judge-pair.js';

function side(commit: string, paths: readonly string[], more: Partial<PairSide> = {}): PairSide {
  return {
    commit,
    treeId: `tree of ${commit}`,
    parents: [],
    paths: new Set(paths),
    touched: paths.map((path) => ({ path, added: false })),
    footprint: footprint([]),
    renames: new Map(),
    digest: commit,
    files: [],
    uses: new Map(),
    ...more,
  };
}

function file(path: string, entities: Partial<FileFacts['entities']>, more: Partial<FileFacts> = {}): FileFacts {
  return {
    path,
    headPath: path,
    family: 'ecma-script',
    addedWords: new Set(),
    addedLines: [],
    entities: { touched: new Map(), declared: new Set(), broken: [], ...entities },
    ...more,
  };
}

const CLEAN = { clean: true, tree: 't' } as const;
const BROKEN = { entity: 'total', name: 'total', how: 'CHANGED' } as const;

describe('judgePair', () => {
  it('says NONE of changes that merge and share nothing', () => {
    expect(judgePair(side('1', ['a']), side('2', ['b']), CLEAN)).toEqual({
      level: 'NONE',
      duplicate: false,
      paths: [],
      evidence: [],
    });
  });

  it('says of changes that nobody had to merge what they share otherwise', () => {
    const migrations = ['migrations/0007_a.sql', 'migrations/0007_b.sql'].map((path, index) =>
      side(String(index), [path], { touched: [{ path, added: true }] }),
    );
    const [a, b] = migrations;
    expect(a && b && judgePair(a, b, 'apart')).toMatchObject({ level: 'RESOURCE' });
  });

  it('says FILE where both touch a file and it merges', () => {
    expect(judgePair(side('1', ['b', 'a']), side('2', ['a', 'b']), CLEAN)).toMatchObject({
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
        { type: 'CONFLICT (contents)', paths: [Buffer.from('a')], text: 'CONFLICT (contents): Merge conflict in a' },
      ],
    } as const;
    expect(judgePair(side('1', ['a', 'c']), side('2', ['a', 'c']), merge)).toEqual({
      level: 'TEXTUAL',
      duplicate: false,
      paths: ['a', '\ufffd', 'c'],
      evidence: [
        { level: 'TEXTUAL', path: 'a', conflict: 'CONFLICT (contents)', detail: 'Merge conflict in a' },
        { level: 'TEXTUAL', path: '\ufffd', conflict: 'CONFLICT' },
        { level: 'FILE', path: 'c', conflict: '' },
      ],
    });
  });

  it('names the old path of a renamed file in which they conflict, and no commit', () => {
    const path = Buffer.from('new');
    const text = `CONFLICT (modify/delete): new deleted in ${'a'.repeat(40)} and modified in ${'b'.repeat(40)}.`;
    const merge = { clean: false, tree: 't', paths: [path], messages: [{ type: 'CONFLICT (x)', paths: [path], text }] };
    const renamed = side('1', ['new', 'old'], { renames: new Map([['new', 'old']]) });
    expect(judgePair(renamed, side('2', ['old']), { ...merge, clean: false }).evidence[0]).toEqual({
      level: 'TEXTUAL',
      path: 'new',
      conflict: 'CONFLICT (x)',
      detail: 'new deleted in a change and modified in a change.',
      otherPath: 'old',
    });
  });

  it('never takes an undecided merge for clean', () => {
    expect(judgePair(side('1', ['a']), side('2', ['b']), 'unknown')).toMatchObject({
      level: 'FILE',
      evidence: [{ conflict: 'MERGE_UNDECIDED' }],
    });
  });

  it('knows equal trees and equal lines as duplicates, but not two changes that do nothing', () => {
    const same = { treeId: 'same' };
    expect(judgePair(side('1', ['a'], same), side('2', ['a'], same), CLEAN).duplicate).toBe(true);
    const lines = { digest: 'same' };
    expect(judgePair(side('1', ['a'], lines), side('2', ['a'], lines), CLEAN).duplicate).toBe(true);
    expect(judgePair(side('1', [], { digest: '' }), side('2', [], { digest: '' }), CLEAN).duplicate).toBe(false);
  });

  it('says nothing of a reconciliation and what went into it', () => {
    const merged = side('2', ['a'], { parents: ['base', '1'] });
    expect(judgePair(side('1', ['a']), merged, CLEAN).level).toBe('NONE');
    expect(judgePair(merged, side('1', ['a']), CLEAN).level).toBe('NONE');
  });

  it('says ENTITY where both change the same one', () => {
    const touched = { touched: new Map([['Cart.total', 'METHOD'] as const]) };
    const one = side('1', ['a.ts'], { files: [file('a.ts', touched)] });
    const moved = side('2', ['b.ts', 'a.ts'], { files: [file('a.ts', touched, { headPath: 'b.ts' })] });
    expect(judgePair(one, moved, CLEAN)).toMatchObject({
      level: 'ENTITY',
      paths: ['a.ts'],
      evidence: [{ level: 'ENTITY', path: 'a.ts', entity: 'Cart.total', detail: 'both change the method' }],
    });
    const other = side('3', ['a.ts'], { files: [file('a.ts', { touched: new Map([['Cart.add', 'METHOD']]) })] });
    expect(judgePair(one, other, CLEAN).level).toBe('FILE');
  });

  it('says ENTITY where one breaks what the other begins to use, from both sides', () => {
    const breaker = side('1', ['a.ts'], { files: [file('a.ts', { broken: [BROKEN] })] });
    const user = side('2', ['b.ts'], { files: [file('b.ts', {})], uses: new Map([['ecma-script total', 'b.ts']]) });
    expect(judgePair(breaker, user, CLEAN).evidence).toEqual([
      {
        level: 'ENTITY',
        path: 'a.ts',
        conflict: '',
        entity: 'total',
        otherPath: 'b.ts',
        detail: 'the first changes its signature, the second adds a use of it',
      },
    ]);
    expect(judgePair(user, breaker, CLEAN).evidence).toMatchObject([
      { detail: 'the second changes its signature, the first adds a use of it' },
    ]);
  });

  it('leaves alone who uses a name of another language, or one of its own', () => {
    const breaker = side('1', ['a.ts'], { files: [file('a.ts', { broken: [BROKEN] })] });
    const python = side('2', ['b.py'], { uses: new Map([['python total', 'b.py']]) });
    expect(judgePair(breaker, python, CLEAN).level).toBe('NONE');
    const own = side('2', ['b.ts'], {
      files: [file('b.ts', { declared: new Set(['total']) })],
      uses: new Map([['ecma-script total', 'b.ts']]),
    });
    expect(judgePair(breaker, own, CLEAN).level).toBe('NONE');
  });

  it('says RESOURCE of a lock file that git merges, and the strongest first', () => {
    const touched = { touched: new Map([['f', 'FUNCTION'] as const]) };
    const one = side('1', ['a.ts', 'go.sum'], { files: [file('a.ts', touched)] });
    const two = side('2', ['a.ts', 'go.sum'], { files: [file('a.ts', touched)] });
    expect(judgePair(one, two, CLEAN)).toMatchObject({
      level: 'RESOURCE',
      evidence: [
        { level: 'RESOURCE', path: 'go.sum', resource: 'LOCK_FILE' },
        { level: 'ENTITY', path: 'a.ts' },
      ],
    });
  });
});
