import { describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY_ROOT } from '@heddle/local';

const NAMED = /`((?:services|libs|clients|deploy|tests|proto|docs|examples)\/[\w./-]*)`/g;

const pages = ['README.md', 'CONTRIBUTING.md', ...pagesIn('docs'), ...pagesIn('docs/adr')];

describe('files that the documentation names', () => {
  it.each(pages)('are there: %s', (page) => {
    const text = readFileSync(join(REPOSITORY_ROOT, page), 'utf8');
    const named = [...text.matchAll(NAMED)].map(([, path = '']) => path);
    expect(named.filter((path) => !existsSync(join(REPOSITORY_ROOT, path)))).toEqual([]);
  });
});

function pagesIn(folder: string): string[] {
  return readdirSync(join(REPOSITORY_ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));
}
