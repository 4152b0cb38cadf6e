import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { REPOSITORY_ROOT } from '@heddle/local';

const NAMED = /`(GET|POST|PUT|PATCH|DELETE)\s+(\/v1\/[^`\s]*)/g;

/** Its calls are those of the models' vendors. */
const OF_OTHERS = 'scripted-model.md';

const pages = readdirSync(join(REPOSITORY_ROOT, 'docs')).filter((name) => name.endsWith('.md') && name !== OF_OTHERS);

function textOf(path: string): string {
  return readFileSync(join(REPOSITORY_ROOT, path), 'utf8');
}

/** Whatever the words in braces are. */
function anyNames(path: string): string {
  return path.replaceAll(/\{[^}]*\}/g, '{}');
}

describe('calls that the documentation names', () => {
  const { paths } = JSON.parse(textOf('services/gateway/openapi.json')) as { paths: Record<string, object> };
  const calls = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${anyNames(path)}`),
  );

  it.each(pages)('are there: %s', (page) => {
    const named = [...textOf(`docs/${page}`).matchAll(NAMED)].map(
      ([, method = '', path = '']) => `${method} ${anyNames(path.replace(/\?.*$/, ''))}`,
    );
    expect(named.filter((call) => !calls.includes(call))).toEqual([]);
  });
});
