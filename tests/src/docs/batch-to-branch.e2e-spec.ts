import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { parseBatchFile } from '@heddle/cli';
import type {
  Attempt,
  Batch,
  Change,
  Environment,
  Forecast,
  Landing,
  Price,
  Reconciliation,
  Repository,
  Task,
  Verdict,
} from '@heddle/sdk';
import { Cli } from '../support/doors/cli.js';
import { SampleRepository, type Files } from '../support/git/sample-repository.js';
import { usePlatform } from '../support/platform/use-platform.js';
import { bashTask, writing } from '../support/work/agents.js';
import { attemptsOf, batchEnded, changeOf, createBatch, overlapsOf } from '../support/work/launch.js';
import { FEATURE, FIX, REGRESSION_TESTS, SHOP, SUITE_CHECK } from '../support/work/shop.js';
import { fencedBlocks } from './doc-blocks.js';
import { ShownCommands } from './shown-commands.js';

const ROUND = "import { appendFileSync } from 'node:fs';\nappendFileSync('README.md', 'Rounded.\\n');\n";

/** Both intents in the one line that both changed. */
const WOVEN: Files = {
  'src/cart.js': (FEATURE['src/cart.js'] ?? '').replace('item.quantity', 'Math.max(0, item.quantity)'),
};

const WORK: readonly (readonly [title: string, files: Files])[] = [
  ['Add a discount', FEATURE],
  ['Write regression tests', REGRESSION_TESTS],
  ['Count no negative quantities', FIX],
];

const platform = usePlatform();

// One story on one platform, page by page: each begins with what the one before has made.
describe('from a batch to the branch, as the pages show it', () => {
  let cli: Cli;
  let cwd: string;
  let repository: Repository;
  let batch: Batch;
  let changes: Change[];
  let variants: Task;

  beforeAll(async () => {
    cli = new Cli({ HEDDLE_DATA_DIR: platform.dataDirectory });
    cwd = join(platform.scratch, 'home');
    await mkdir(cwd, { recursive: true });
    const origin = await SampleRepository.make(platform.scratch, { ...SHOP, 'round.mjs': ROUND });
    repository = await platform.rest.post<Repository>('/v1/repositories', { name: 'shop', url: origin.path });
    // Its agent is the one of reconciliations that name none.
    const { id: environmentId } = await platform.rest.post<Environment>('/v1/environments', {
      name: 'shop',
      agent: { kind: 'COMMAND', command: ['bash', '-c', writing(WOVEN)] },
    });
    const tasks = WORK.map(([title, files]) =>
      bashTask(title, writing(files), {
        acceptance: ['npm test passes', 'The flag is documented'],
        checks: [{ ...SUITE_CHECK, proves: ['ac-1'] }],
      }),
    );
    await writeFile(join(cwd, 'tasks.yaml'), JSON.stringify({ environmentId, tasks }));
  });

  async function page(name: string): Promise<ShownCommands> {
    const text = await readFile(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');
    return new ShownCommands(text, cli, cwd);
  }

  async function landingOf(changeId: string): Promise<Landing> {
    const { landings } = await platform.rest.get<{ landings: Landing[] }>(`/v1/landings?changeId=${changeId}`);
    return landings[0] as Landing;
  }

  it('overlaps.md: what was foretold, and what came', async () => {
    const shown = await page('overlaps.md');
    await shown.run('heddle batch plan -f tasks.yaml');
    const { forecasts } = await platform.rest.get<{ forecasts: Forecast[] }>('/v1/forecasts');
    shown.names['ID'] = forecasts[0]?.id ?? '';
    await shown.run('heddle batch create -f tasks.yaml --forecast ID');
    const { batches } = await platform.rest.get<{ batches: Batch[] }>('/v1/batches');
    batch = await batchEnded(platform.rest, batches[0]?.id ?? '');
    await overlapsOf(platform.rest, batch.id);
    changes = await Promise.all(attemptsOf(batch).map((attempt) => changeOf(platform.rest, attempt)));
    expect((await shown.run('heddle overlaps')).stdout).toMatch(/^TEXTUAL .* src\/cart\.js$/m);
    await shown.run('heddle forecast show');
    await shown.run('heddle forecast ls');
    await shown.run("heddle repo resources shop --rule 'db/changes/*.sql=MIGRATION' --rule 'docs/schema.json=NONE'");
    await shown.run('heddle repo policy shop --overlap-tests 20');
    expect(shown.left()).toEqual([]);
  });

  it('reconciling.md: what conflicts, and one change of all', async () => {
    const shown = await page('reconciling.md');
    for (const [index, { id }] of changes.entries()) shown.names[`0c4a0${String(index + 1)}`] = id;
    const plan = await shown.run('heddle reconcile plan 0c4a01 0c4a02 0c4a03', 1);
    const withoutIds = (text: string): string => text.replaceAll(/\b(?:[0-9a-f]{8}|0c4a0\d)\b/g, 'ID').trim();
    expect(fencedBlocks(shown.text).map(({ text }) => withoutIds(text))).toContain(withoutIds(plan.stdout));

    await shown.run('heddle reconcile create 0c4a01 0c4a02 0c4a03 --instructions "The fix wins over the discount"');
    const [made] = (await platform.rest.get<{ reconciliations: Reconciliation[] }>('/v1/reconciliations'))
      .reconciliations;
    expect(made).toMatchObject({ state: 'SUCCEEDED', step: 'AGENT' });
    await shown.run(
      'heddle repo policy shop --regenerate "package-lock.json=npm install --package-lock-only" --regenerate "**/go.sum=go mod tidy"',
    );
    expect(shown.left()).toEqual([]);
  });

  it('approvals-and-triage.md: who decides, and what is proven', async () => {
    const shown = await page('approvals-and-triage.md');
    const [{ id }] = changes as [Change];
    shown.names['CHANGE'] = id;
    await shown.run('heddle repo policy shop');
    await shown.run(
      'heddle repo policy shop --approvals 2 --no-self-approval --owner @shop/web=ben,cid --reviewer ben=60 --backlog-limit 600',
    );
    await shown.run('heddle triage');
    const after = async (line: string): Promise<string> => {
      await shown.run(line);
      return (await platform.rest.get<Change>(`/v1/changes/${id}`)).reviewState;
    };
    expect(await after('heddle approve CHANGE')).toBe('PENDING');
    expect(await after('heddle request-changes CHANGE -m "And tests."')).toBe('CHANGES_REQUESTED');
    expect(await after('heddle reject CHANGE --reason WRONG_APPROACH')).toBe('REJECTED');
    expect((await shown.run('heddle verdict ls CHANGE')).stdout).toContain('WRONG_APPROACH');
    const { verdicts } = await platform.rest.get<{ verdicts: Verdict[] }>(`/v1/changes/${id}/verdicts`);
    shown.names['VERDICT'] = verdicts.find(({ verdict }) => verdict === 'REJECT')?.id ?? '';
    await after('heddle verdict dismiss CHANGE VERDICT -m "Cid is away"');

    expect((await shown.run('heddle criteria show CHANGE', 1)).stdout).toMatch(/UNPROVEN/);
    await shown.run('heddle criteria attest CHANGE ac-2 -m "read the page"');
    await shown.run('heddle criteria attest CHANGE ac-2 --unmet -m "no word of the flag"');
    const { criteria } = await platform.rest.get<Change>(`/v1/changes/${id}`);
    expect(criteria).toMatchObject({ met: 1, unmet: 1, unproven: 0 });
    expect(shown.left()).toEqual([]);

    // Back to what it was: what follows is to land.
    const back = ['repo', 'policy', 'shop', '--approvals', '1', '--self-approval', '--backlog-limit', '0'];
    expect(await cli.run(back, { cwd })).toMatchObject({ code: 0 });
  });

  it('budgets.md: what was used, and what it costs', async () => {
    const shown = await page('budgets.md');
    shown.names['1a2b3c4d'] = batch.id;
    await shown.run('heddle budget show 1a2b3c4d');
    await shown.run('heddle budget raise 1a2b3c4d --duration 2h --turns 5');
    await shown.run(
      "heddle admin prices set 'claude-sonnet-*' --provider ANTHROPIC --input 3 --cached-input 0.3 --output 15",
    );
    await shown.run('heddle admin prices set local-model --input 0 --output 0 --from 2026-05-01');
    expect((await shown.run('heddle admin prices ls')).stdout).toContain('local-model');
    const { prices } = await platform.rest.get<{ prices: Price[] }>('/v1/admin/prices');
    shown.names['1a2b3c4d'] = prices[0]?.id ?? '';
    await shown.run('heddle admin prices rm 1a2b3c4d');
    expect(shown.left()).toEqual([]);
  });

  it('best-of-n.md: one more, which is best, and who said so', async () => {
    const shown = await page('best-of-n.md');
    const appending = (line: string): string => `printf '%s\\n' '${line}' >> README.md`;
    const command = (line: string) => ({ kind: 'COMMAND', command: ['bash', '-c', appending(line)] }) as const;
    const block = (info: string): string => fencedBlocks(shown.text).find((found) => found.info === info)?.text ?? '';
    expect(parseBatchFile(block('yaml'), 'best-of-n.md').tasks?.[0]?.variants).toHaveLength(2);
    const environment = { name: 'ranked', ...(JSON.parse(block('json')) as object) };
    const { id: environmentId } = await platform.rest.post<Environment>('/v1/environments', environment);
    const tasks = [
      bashTask('Fix the rounding', appending('Cents are rounded.')),
      {
        title: 'Say how it rounds',
        prompt: 'Say how it rounds.',
        variants: [
          { name: 'codex', agent: command('It rounds half up.') },
          { name: 'claude', agent: command('It rounds.') },
        ],
      },
    ];
    const { id } = await createBatch(platform.rest, repository, tasks, { environmentId });
    const [one, several] = (await batchEnded(platform.rest, id)).tasks as [Task, Task];
    shown.names['TASK'] = one.id;
    shown.names['OTHER'] = several.id;
    await shown.run('heddle task retry TASK');
    await shown.run('heddle task retry TASK -- node round.mjs');
    await shown.run('heddle task retry OTHER --variant claude');
    const ended = (await batchEnded(platform.rest, id)).tasks;
    expect(ended.map(({ state, attempts }) => [state, attempts.length])).toEqual([
      ['COMPLETED', 3],
      ['COMPLETED', 3],
    ]);
    variants = ended[1] as Task;
    shown.names['TASK'] = variants.id;
    const words = (text: string, first: string): string[] =>
      text
        .split('\n')
        .find((line) => line.startsWith(first))
        ?.trim()
        .split(/\s+/) ?? [];
    const compared = await shown.run('heddle compare TASK');
    expect(words(compared.stdout, '#')).toEqual(words(shown.text, '#  ATTEMPT'));
    const ranked = await shown.run('heddle rank TASK');
    expect(words(ranked.stdout, 'RANK')).toEqual(words(shown.text, 'RANK'));
    shown.names['ATTEMPT'] = (variants.attempts[0] as Attempt).id;
    await shown.run('heddle select ATTEMPT -m "handles negative amounts too"');
    expect(shown.left()).toEqual([]);
  });

  it('landing.md: into the branch, and back', async () => {
    const shown = await page('landing.md');
    const [discount, tests] = changes as [Change, Change];
    const fix = (variants.attempts[0] as Attempt).changeId ?? '';
    Object.assign(shown.names, { CHANGE: tests.id, OTHER: discount.id, FIX: fix });
    await shown.run('heddle land CHANGE --dry-run', 1);
    expect(await cli.run(['approve', tests.id, discount.id, fix], { cwd })).toMatchObject({ code: 0 });
    await shown.run('heddle land CHANGE');
    await shown.run('heddle queue set --window 4 --style squash');
    await shown.run('heddle queue pause -m "A release is made"');
    await shown.run('heddle land OTHER --no-wait');
    await shown.run('heddle land FIX --fast --no-wait');
    shown.names['LANDING'] = (await landingOf(discount.id)).id;
    await shown.run('heddle landing move LANDING --priority 1 --position 1');
    expect((await shown.run('heddle landing explain LANDING')).stdout).toContain('A release is made');
    await shown.run('heddle queue resume');
    await shown.run('heddle landing wait LANDING');
    await shown.run('heddle queue show --watch');
    expect(await Promise.all([tests.id, discount.id, fix].map(landingOf))).toMatchObject([
      { state: 'LANDED' },
      { state: 'LANDED' },
      { state: 'LANDED' },
    ]);
    await shown.run('heddle revert LANDING');
    expect(shown.left()).toEqual([]);
  });
});
