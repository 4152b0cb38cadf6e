import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Attempt, Environment, Ranking, Repository, Task } from '@heddle/sdk';
import { eventually } from '../support/bounds.js';
import { Cli } from '../support/doors/cli.js';
import { SampleRepository, type Files } from '../support/git/sample-repository.js';
import { usePlatform } from '../support/platform/use-platform.js';
import { bashTask, writing } from '../support/work/agents.js';
import { batchEnded, createBatch, overlapsOf, registerRepository } from '../support/work/launch.js';
import { SHOP, SUITE_CHECK } from '../support/work/shop.js';
import { completeLog } from '../support/work/log-reader.js';

const SUM = 'item.price * item.quantity';

/** The cart with another sum, and a test of it where there is a line for one. */
function cart(sum: string, test?: { readonly name: string; readonly line: string }): Files {
  const source = { 'src/cart.js': (SHOP['src/cart.js'] ?? '').replace(SUM, sum) };
  return test === undefined ? source : { ...source, [`test/${test.name}.test.js`]: testOf(test.name, test.line) };
}

function testOf(name: string, line: string): string {
  return [
    "import assert from 'node:assert/strict';",
    "import { test } from 'node:test';",
    "import { total } from '../src/cart.js';",
    '',
    `test('${name}', () => {`,
    `  ${line}`,
    '});',
    '',
  ].join('\n');
}

const NO_QUANTITY = { name: 'quantity', line: 'assert.equal(total([{ price: 2, quantity: -3 }]), 0);' };
const NO_PRICE = { name: 'price', line: 'assert.equal(total([{ price: -2, quantity: 3 }]), 0);' };

/** One number for each name; that no two names have one is tested. */
const CODES: Files = {
  ...SHOP,
  'src/generated/codes.js': ['export const CODES = {', '  a: 1,', '  b: 2,', '  c: 3,', '  d: 4,', '};', ''].join('\n'),
  'test/codes.test.js': [
    "import assert from 'node:assert/strict';",
    "import { test } from 'node:test';",
    "import { CODES } from '../src/generated/codes.js';",
    '',
    "test('no two names have one code', () => {",
    '  assert.equal(new Set(Object.values(CODES)).size, Object.keys(CODES).length);',
    '});',
    '',
  ].join('\n'),
};

function codes(line: string, after: string): Files {
  return { 'src/generated/codes.js': (CODES['src/generated/codes.js'] ?? '').replace(after, `${after}${line}`) };
}

const platform = usePlatform();

describe('trees that are the change of nobody, run in sandboxes', () => {
  let cli: Cli;
  let environment: Environment;
  let repository: Repository;
  const here = { cwd: '/' };

  beforeAll(async () => {
    cli = new Cli({ HEDDLE_DATA_DIR: platform.dataDirectory });
    repository = await registerRepository(platform.rest, (await SampleRepository.make(platform.scratch, CODES)).path);
    environment = await platform.rest.post<Environment>('/v1/environments', {
      name: 'shop',
      testFiles: ['test/*.test.js'],
      testCommand: ['node', '--test', '{files}'],
      testLoadCommand: ['node', '--check', '{files}'],
    });
  });

  /** One task with an attempt for each of these works, in their order, ranked when all is known. */
  async function ranked(title: string, works: readonly Files[]): Promise<{ attempts: Attempt[]; ranking: Ranking }> {
    const variants = works.map((files, index) => ({
      name: `v${String(index + 1)}`,
      agent: { kind: 'COMMAND', command: ['bash', '-c', writing(files)] },
    }));
    const task = { title, prompt: title, checks: [SUITE_CHECK], variants };
    const { id } = await createBatch(platform.rest, repository, [task], { environmentId: environment.id });
    const [made] = (await batchEnded(platform.rest, id)).tasks as [Task];
    const ranking = await eventually(`the ranking of ${title} is whole`, async () => {
      const now = await platform.rest.get<Ranking>(`/v1/tasks/${made.id}/ranking`);
      return now.pendingTrials === 0 ? now : undefined;
    });
    return { attempts: [...made.attempts].sort((a, b) => a.attemptNumber - b.attemptNumber), ranking };
  }

  it('say of three attempts that two are equal, and that the wrong one is none', async () => {
    const right = 'item.price * Math.max(0, item.quantity)';
    const { attempts, ranking } = await ranked('No negative quantities', [
      cart(right, NO_QUANTITY),
      cart('item.price + item.quantity'),
      cart(right.replace('(0, ', '(0,  ')),
    ]);
    const [first, wrong, third] = attempts.map(({ id }) => id) as [string, string, string];
    expect(ranking).toMatchObject({ outcome: 'TIE', confidence: 'HIGH', openAttemptIds: [] });
    expect([...ranking.bestAttemptIds].sort()).toEqual([first, third].sort());
    expect(ranking.candidates.map(({ attemptId, rank }) => [attemptId, rank])).toEqual(
      expect.arrayContaining([
        [first, 1],
        [third, 1],
        [wrong, 0],
      ]),
    );
    expect(ranking.candidates.at(-1)?.gates).toMatchObject([{ reason: 'CHECKS_NOT_GREEN' }]);
    // Red on the base, green over what somebody else made: it was run in sandboxes, and has a vote.
    expect(ranking.tests).toMatchObject([
      {
        ...{ authorAttemptId: first, path: 'test/quantity.test.js', votes: true },
        results: expect.arrayContaining([
          { attemptId: '', state: 'FAILED' },
          { attemptId: third, state: 'PASSED' },
        ]),
      },
    ]);
  });

  it('find by the tests of the others the one that is best, which a person picks', async () => {
    const quantity = 'Math.max(0, item.quantity)';
    const price = 'Math.max(0, item.price)';
    const { attempts, ranking } = await ranked('Nothing negative', [
      cart(`item.price * ${quantity}`, NO_QUANTITY),
      cart(`${price} * ${quantity}`),
      cart(`${price} * item.quantity`, NO_PRICE),
    ]);
    const [first, best, third] = attempts.map(({ id }) => id) as [string, string, string];
    expect(ranking).toMatchObject({ outcome: 'WINNER', bestAttemptIds: [best] });
    expect(ranking.reasons.map(({ code }) => code)).toContain('TESTS_AGREE');
    const votes = ranking.candidates.map(({ attemptId, votesFor, votesAgainst }) => [
      attemptId,
      votesFor,
      votesAgainst,
    ]);
    expect(votes).toEqual(
      expect.arrayContaining([
        [best, 2, 0],
        [first, 0, 1],
        [third, 0, 1],
      ]),
    );
    const shown = await cli.run(['rank', ranking.taskId], here);
    expect(shown).toMatchObject({ code: 0 });
    expect(shown.stdout).toMatch(/^Best: /m);
    const picked = await cli.json<Ranking>(['select', best, '-m', 'both'], here);
    expect(picked).toMatchObject({ selection: { attemptId: best, rank: 1 }, accuracy: { picks: 1, agreed: 1 } });
  });

  it('put two changes at the level TEST that are green alone and fail together', async () => {
    expect(await cli.run(['repo', 'policy', repository.id, '--overlap-tests', '3'], here)).toMatchObject({ code: 0 });
    const tasks = [codes('  alpha: 9,\n', '  a: 1,\n'), codes('  omega: 9,\n', '  d: 4,\n')].map((files, index) =>
      bashTask(`Code ${String(index + 1)}`, writing(files), { checks: [SUITE_CHECK] }),
    );
    const { id } = await createBatch(platform.rest, repository, tasks, { environmentId: environment.id });
    await batchEnded(platform.rest, id);
    const pair = await eventually('the pair was run together', async () => {
      const [found] = await overlapsOf(platform.rest, id);
      return found?.together === 'FAILED' ? found : undefined;
    });
    expect(pair).toMatchObject({
      level: 'TEST',
      evidence: [
        { level: 'TEST', check: 'unit' },
        { level: 'RESOURCE', path: 'src/generated/codes.js' },
      ],
    });
    const log = await (await completeLog(platform.rest, `trials/${pair.trialIds[0] ?? ''}`)).text();
    expect(log).toContain('no two names have one code');
    const shown = await cli.run(['overlaps', id], here);
    expect(shown.stdout).toContain('check unit: passes on each of the two, failed twice on both together');
  });
});
