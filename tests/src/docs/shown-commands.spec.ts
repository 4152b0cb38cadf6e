import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { commandLineMistake } from '@heddle/cli';
import { REPOSITORY_ROOT } from '@heddle/local';
import { fencedBlocks, shellBlocks } from './doc-blocks.js';
import { commandLines, heddleLines, ShownCommands, words } from './shown-commands.js';

/** Which test runs the blocks of shell of which page: all of them, but for those that say why not. */
const EXECUTED_BY: Readonly<Record<string, string>> = {
  'docs/api-guide.md': 'docs/api-guide.e2e-spec.ts',
  'docs/approvals-and-triage.md': 'docs/batch-to-branch.e2e-spec.ts',
  'docs/best-of-n.md': 'docs/batch-to-branch.e2e-spec.ts',
  'docs/budgets.md': 'docs/batch-to-branch.e2e-spec.ts',
  'docs/landing.md': 'docs/batch-to-branch.e2e-spec.ts',
  'docs/overlaps.md': 'docs/batch-to-branch.e2e-spec.ts',
  'docs/reconciling.md': 'docs/batch-to-branch.e2e-spec.ts',
  'docs/reviewing.md': 'e2e/review.e2e-spec.ts',
  'docs/scripted-model.md': 'docs/scripted-model.e2e-spec.ts',
};

/** What a shell would be given. */
const COMMAND = /^(?:\$ |npx |\S+=\S+ )*(?:heddle|npm|npx|node|curl|grpcurl|git|docker|podman) /m;

const pages = readdirSync(join(REPOSITORY_ROOT, 'docs'))
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`);

function textOf(page: string): string {
  return readFileSync(join(REPOSITORY_ROOT, page), 'utf8');
}

describe('what the pages show', () => {
  it.each(pages)('is run by a test, or says why not: %s', (page) => {
    const unmarked = fencedBlocks(textOf(page))
      .filter(({ info, whyNotExecuted }) => !/^sh(?: |$)/.test(info) && whyNotExecuted === undefined)
      .filter(({ text }) => COMMAND.test(text));
    expect(unmarked.map(({ line }) => `${page}:${String(line)} shows commands and does not open with sh`)).toEqual([]);

    const spec = EXECUTED_BY[page];
    const shell = shellBlocks(textOf(page));
    if (spec === undefined) expect(shell.map(({ line }) => `no test runs ${page}:${String(line)}`)).toEqual([]);
    else expect(readFileSync(join(REPOSITORY_ROOT, 'tests/src', spec), 'utf8')).toContain(page.replace('docs/', ''));
  });

  it.each(['README.md', ...pages])('are command lines that heddle takes: %s', async (page) => {
    const markdown = textOf(page);
    const blocks = fencedBlocks(markdown).flatMap(({ text }) => commandLines(text));
    const mistakes: string[] = [];
    for (const line of blocks) {
      const mistake = await commandLineMistake(words(line).slice(1));
      if (mistake !== undefined) mistakes.push(`${line}: ${mistake.message}`);
    }
    // In the text a command is often named without all that it needs.
    for (const line of heddleLines(markdown).inline) {
      const mistake = await commandLineMistake(words(line).slice(1));
      if (mistake !== undefined && !mistake.isIncomplete) mistakes.push(`${line}: ${mistake.message}`);
    }
    expect(mistakes).toEqual([]);
  });
});

describe('command lines of a page', () => {
  it('are those that begin with heddle, without comments, and what goes on is one', () => {
    const script = ['$ heddle a "b c" # d', 'npx heddle e \\', '  f', 'heddle h < i && heddle k', 'ls'].join('\n');
    expect(commandLines(script)).toEqual(['heddle a "b c"', 'heddle e f', 'heddle h', 'heddle k']);
    expect(heddleLines('Say `heddle\ng` or\n\n```sh\nheddle h\n```\n')).toEqual({
      blocks: ['heddle h'],
      inline: ['heddle g'],
    });
  });

  it('are taken apart as a shell does', () => {
    expect(words(`heddle a --check "tests=npm test" --rule 'db/*=X'`)).toEqual([
      'heddle',
      'a',
      '--check',
      'tests=npm test',
      '--rule',
      'db/*=X',
    ]);
  });
});

describe('the commands of a page, run', () => {
  const page = '```sh\nheddle approve CHANGE   # yes\nheddle land CHANGE\n```\n';
  const told: (readonly string[])[] = [];
  const cli = {
    run: (args: readonly string[]) => {
      told.push(args);
      return Promise.resolve({ code: args[0] === 'land' ? 1 : 0, stdout: '', stderr: 'is not approved' });
    },
  };

  it('have ids for the words of the page, and what was not run is known', async () => {
    const shown = new ShownCommands(page, cli, '/');
    shown.names['CHANGE'] = 'c1';
    await shown.run('heddle approve CHANGE');
    expect(told).toEqual([['approve', 'c1']]);
    expect(shown.left()).toEqual(['heddle land CHANGE']);
  });

  it('are refused where the page has them not, or they end otherwise', async () => {
    const shown = new ShownCommands(page, cli, '/');
    await expect(shown.run('heddle reject CHANGE')).rejects.toThrow('The page does not show');
    await expect(shown.run('heddle land CHANGE')).rejects.toThrow('ended with 1: is not approved');
    await shown.run('heddle land CHANGE', 1);
  });
});
