import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Attempt, Change, Comment, Environment, Turn } from '@heddle/sdk';
import { startScriptedModel, type ScenarioInput, type ScriptedModel } from '@heddle/testing/scripted-model';
import { PROVIDERS } from '../conformance/agents/agent-suite.js';
import { whyNotInstallable } from '../conformance/agents/installable.js';
import { ShownCommands } from '../docs/shown-commands.js';
import { eventually } from '../support/bounds.js';
import { Cli } from '../support/doors/cli.js';
import { SampleRepository } from '../support/git/sample-repository.js';
import { OWN_NAME, ownNameMissing } from '../support/host/own-name.js';
import { usePlatform } from '../support/platform/use-platform.js';
import { bashTask, writing } from '../support/work/agents.js';
import {
  attemptsOf,
  batchEnded,
  changeOf,
  createBatch,
  overlapsOf,
  registerRepository,
} from '../support/work/launch.js';
import { SHOP } from '../support/work/shop.js';

/** The program of a real agent has to come and to start. */
const SUITE_LIMIT_MS = 600_000;

const TOTAL = 'export function total(prices) {\n  return prices.reduce((sum, price) => sum + price);\n}\n';
const write = (content: string) => ({ tool: 'write_file', path: 'src/total.js', content }) as const;

const SCRIPT: ScenarioInput = {
  conversations: [
    {
      name: 'a total',
      match: 'Total the prices',
      steps: [
        { tools: [write(`export const VERSION = 1;\n${TOTAL}`)] },
        { text: 'Done.' },
        { tools: [write(`// Totals of a cart.\n\n${TOTAL}`)] },
        { text: 'The version is gone; reduce needs no start here.' },
      ],
    },
  ],
};

const missing = (await ownNameMissing()) ?? (await whyNotInstallable('CODEX'));
const skipped = missing === undefined ? '' : ` [skipped: ${missing}]`;

const page = await readFile(new URL('../../../docs/reviewing.md', import.meta.url), 'utf8');
const platform = usePlatform({ HEDDLE_EGRESS_PRIVATE_HOSTS: OWN_NAME });

(missing === undefined ? describe : describe.skip)(`a review over two turns${skipped}`, () => {
  let model: ScriptedModel;
  let shown: ShownCommands;
  let attempt: Attempt;
  let change: Change;

  beforeAll(async () => {
    model = await startScriptedModel({ scenario: SCRIPT, host: '0.0.0.0', keepBodies: true });
    const repository = await registerRepository(
      platform.rest,
      (await SampleRepository.make(platform.scratch, SHOP)).path,
    );
    const cwd = join(platform.scratch, 'home');
    await mkdir(cwd, { recursive: true });
    const cli = new Cli({ HEDDLE_DATA_DIR: platform.dataDirectory });
    shown = new ShownCommands(page, cli, cwd);
    expect(await cli.run(['admin', 'agents', 'install', 'CODEX', '--wait'], { cwd })).toMatchObject({ code: 0 });
    const { provider, path } = PROVIDERS.CODEX;
    const baseUrl = `http://${OWN_NAME}:${new URL(model.url).port}${path}`;
    const credential = { name: 'CODEX', kind: 'MODEL', provider, baseUrl, value: 'sk-scripted' };
    await platform.rest.post('/v1/admin/credentials', credential);
    const agent = { kind: 'CODEX', model: 'scripted-1', credentialId: 'CODEX' };
    const task = { title: 'Total', prompt: 'Total the prices, please.', agent };
    const other = bashTask('Sum', writing({ 'src/total.js': `// In cents.\n${TOTAL}` }));
    const environment = { name: 'telling', tellOverlaps: true };
    const { id: environmentId } = await platform.rest.post<Environment>('/v1/environments', environment);
    const { id } = await createBatch(platform.rest, repository, [task, other], { environmentId });
    [attempt] = attemptsOf(await batchEnded(platform.rest, id)) as [Attempt];
    await overlapsOf(platform.rest, id);
    change = await changeOf(platform.rest, attempt);
    shown.names['CHANGE'] = change.id;
    shown.names['COMMIT'] = change.headCommit;
  }, SUITE_LIMIT_MS);

  afterAll(() => model.close());

  const comments = async (): Promise<Comment[]> =>
    (await platform.rest.get<{ comments: Comment[] }>(`/v1/changes/${change.id}/comments`)).comments;

  it('reads the change and says something at its lines, by the command line and over REST', async () => {
    const read = await shown.run('heddle review CHANGE');
    expect(read.stdout).toMatch(/━━ src\/total\.js {2}ADDED {2}\+4 -0\n@@ -0 \+1 @@\n +1 \+ export const VERSION = 1;/);
    await shown.run('heddle comment add CHANGE --file src/total.js --line 3 "What of no prices?"');
    const anchor = { path: 'src/total.js', startLine: 1, headCommit: change.headCommit };
    const said = await platform.rest.post<Comment>(`/v1/changes/${change.id}/comments`, { text: 'Remove it.', anchor });
    expect(said).toMatchObject({ state: 'OPEN', anchor: { quote: 'export const VERSION = 1;' } });
    await shown.run('heddle comment add CHANGE "Please add tests next time."');
    expect((await shown.run('heddle comment ls CHANGE --open')).stdout).toContain('┃ What of no prices?');
  });

  it(
    'sends the change back with the open threads, which the next turn is told',
    async () => {
      await shown.run('heddle request-changes CHANGE -m "Nearly."');
      await eventually('the second turn has ended', async () => {
        const now = await platform.rest.get<Attempt>(`/v1/attempts/${attempt.id}`);
        return now.turn === 2 && now.endTime !== undefined ? now : undefined;
      });
      const { turns } = await platform.rest.get<{ turns: Turn[] }>(`/v1/attempts/${attempt.id}/turns`);
      expect(turns).toMatchObject([{ state: 'COMPLETED' }, { state: 'COMPLETED', conversation: 'RESUMED' }]);
      expect(turns[1]?.message).toMatch(
        /^Nearly\.\n\n[^]*1\. src\/total\.js:3:\n {3}> {3}return prices[^]*What of no prices\?\n\n2\. src\/total\.js:1:/,
      );
      // What others changed is told with it, in this turn alone.
      expect(turns[1]?.message).not.toContain('do not merge');
      const told = model.requests().map(({ body }) => JSON.stringify(body ?? ''));
      expect(told.filter((body) => body.includes('lines do not merge with yours')).length).toBeGreaterThan(0);
    },
    SUITE_LIMIT_MS,
  );

  it('finds what is still there at its new line, and what is gone outdated', async () => {
    expect((await comments()).map(({ position }) => position)).toMatchObject([
      { state: 'CURRENT', startLine: 4, endLine: 4 },
      { state: 'OUTDATED' },
      {},
    ]);
    const since = await shown.run('heddle review CHANGE --since COMMIT');
    expect(since.stdout).toContain('- export const VERSION = 1;');
    expect(since.stdout).toMatch(/3 4 {5}return prices\.reduce.*\n┃ [^]*┃ What of no prices\?/);
    expect(since.stdout).toContain('OUTDATED');
  });

  it('settles the threads and approves', async () => {
    const [line, outdated, whole] = (await comments()) as [Comment, Comment, Comment];
    shown.names['COMMENT'] = line.id.slice(-8);
    await shown.run('heddle comment reply CHANGE COMMENT "Agreed."');
    for (const { id } of [line, outdated, whole]) {
      shown.names['COMMENT'] = id;
      await shown.run('heddle comment resolve CHANGE COMMENT');
    }
    expect((await comments()).every(({ state }) => state === 'RESOLVED')).toBe(true);
    await shown.run('heddle approve CHANGE');
    expect((await platform.rest.get<Change>(`/v1/changes/${change.id}`)).reviewState).toBe('APPROVED');
  });

  it('sets the change beside itself, and nothing of it differs', async () => {
    shown.names['OTHER'] = change.id;
    expect((await shown.run('heddle compare CHANGE OTHER')).stdout).toContain('1 alike');
  });

  it('has done all that the page on reviewing shows', () => {
    expect(shown.left()).toEqual([]);
  });
});
