import { describe, expect, it } from '@jest/globals';
import { reduceAttributes } from './attribute-rules.js';

const root = (content: string): string => reduceAttributes([{ directory: '', content }]);

describe('reduceAttributes', () => {
  it('keeps merge, text, eol and binary, and drops what could start a program', () => {
    expect(
      root(
        '*.a text=auto eol=lf\n*.b binary\n*.c merge=union -diff filter=lfs\n*.d merge=evil working-tree-encoding=UTF-16\n# no\n\n',
      ),
    ).toBe('*.a text=auto eol=lf\n*.b binary\n*.c merge=union\n');
  });

  it('keeps unset and unspecified forms', () => {
    expect(root('gen/* -merge !text -eol=lf\n')).toBe('gen/* -merge !text\n');
  });

  it('puts inner directories after outer ones and anchors their patterns', () => {
    const files = [
      { directory: 'a/b', content: '*.x -text\n/y text\nz/w eol=lf\n' },
      { directory: '', content: '*.x text\n' },
    ];
    expect(reduceAttributes(files)).toBe('*.x text\n/a/b/**/*.x -text\n/a/b/y text\n/a/b/z/w eol=lf\n');
  });

  it('expands macros of the root and refuses those of inner directories', () => {
    expect(root('[attr]generated -merge -diff\n*.lock generated\n')).toBe('*.lock -merge\n');
    expect(reduceAttributes([{ directory: 'a', content: '[attr]generated -merge\n*.lock generated\n' }])).toBe('');
  });

  it('reads and writes quoted patterns', () => {
    expect(root('"with space \\"x\\"" -text\n')).toBe('"with space \\"x\\"" -text\n');
    expect(reduceAttributes([{ directory: 'a [b]', content: 'c text\n' }])).toBe('"/a \\\\[b]/**/c" text\n');
  });

  it('passes over patterns that git ignores: negated ones and directories', () => {
    expect(root('!x text\ndir/ text\n')).toBe('');
  });
});
