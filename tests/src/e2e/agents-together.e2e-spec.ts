import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Attempt, Landing, Repository, Task } from '@heddle/sdk';
import { startScriptedModel, type ScenarioInput, type ScriptedModel } from '@heddle/testing/scripted-model';
import { PROVIDERS } from '../conformance/agents/agent-suite.js';
import { whyNotInstallable } from '../conformance/agents/installable.js';
import { eventually } from '../support/bounds.js';
import { Cli } from '../support/doors/cli.js';
import { ownRepository, ownRepositoryMissing } from '../support/git/own-repository.js';
import type { SampleRepository } from '../support/git/sample-repository.js';
import { OWN_NAME, ownNameMissing } from '../support/host/own-name.js';
import { usePlatform } from '../support/platform/use-platform.js';
import { holdServer, type HeldServer } from '../support/work/held-server.js';
import {
  attemptEnded,
  attemptsOf,
  batchEnded,
  createBatch,
  overlapsOf,
  registerRepository,
} from '../support/work/launch.js';

/** Three programs on two processors take long to come and to start. */
const SUITE_LIMIT_MS = 900_000;
const KINDS = ['CODEX', 'CLAUDE_CODE', 'OPENCODE'] as const;
type Kind = (typeof KINDS)[number];

const [HEADING, UNRELEASED] = ['# Changelog', '## [Unreleased]'];
const edit = (old: string, text: string) => ({ tool: 'edit_file', path: 'CHANGELOG.md', old, new: text }) as const;
const answer = (content: string) => ({ tool: 'write_file', path: 'answer.txt', content }) as const;

const SCRIPT: ScenarioInput = {
  conversations: [
    {
      name: 'one line',
      match: 'Name what is unreleased',
      steps: [{ tools: [edit(UNRELEASED, `${UNRELEASED} one`)] }, { text: 'Named.' }],
    },
    {
      name: 'the same line',
      match: 'Rename what is unreleased',
      steps: [{ tools: [edit(UNRELEASED, `${UNRELEASED} another`)] }, { text: 'Renamed.' }],
    },
    {
      name: 'another line',
      match: 'Shorten the heading',
      steps: [{ tools: [edit(HEADING, '# Changes')] }, { text: 'Shortened.' }],
    },
    {
      name: 'a wrong answer',
      match: 'Answer by guessing',
      // The first of the two that get here is still at it when the task has its answer.
      steps: [{ tools: [answer('wrong\n')] }, { text: 'Done.', fault: { kind: 'hang', from: 'start', times: 1 } }],
    },
    {
      name: 'a right answer',
      match: 'Answer by thinking',
      steps: [{ tools: [answer('right\n')] }, { text: 'Done.' }],
    },
  ],
};

const missing =
  (await ownNameMissing()) ??
  (await ownRepositoryMissing()) ??
  (await Promise.all(KINDS.map(whyNotInstallable))).find((why) => why !== undefined);

const platform = usePlatform({ HEDDLE_EGRESS_PRIVATE_HOSTS: OWN_NAME });

const skipped = missing === undefined ? '' : ` [skipped: ${missing}]`;

(missing === undefined ? describe : describe.skip)(`real agents together on a real repository${skipped}`, () => {
  let model: ScriptedModel;
  let held: HeldServer;
  let origin: SampleRepository;
  let base: string;
  let repository: Repository;
  let cli: Cli;
  let cwd: string;

  beforeAll(async () => {
    model = await startScriptedModel({ scenario: SCRIPT, host: '0.0.0.0' });
    const { port } = new URL(model.url);
    held = await holdServer(`http://127.0.0.1:${port}`);
    origin = await ownRepository(platform.scratch);
    base = await origin.head();
    repository = await registerRepository(platform.rest, origin.path);
    cwd = join(platform.scratch, 'home');
    await mkdir(cwd, { recursive: true });
    cli = new Cli({ HEDDLE_DATA_DIR: platform.dataDirectory });
    for (const kind of KINDS) {
      expect(await cli.run(['admin', 'agents', 'install', kind, '--wait'], { cwd })).toMatchObject({ code: 0 });
      await credential(kind, kind, port);
    }
    await credential('held', 'CLAUDE_CODE', String(held.port));
  }, SUITE_LIMIT_MS);

  afterAll(async () => {
    held.close();
    await model.close();
  });

  async function credential(name: string, kind: Kind, port: string): Promise<void> {
    const { provider, path } = PROVIDERS[kind];
    const baseUrl = `http://${OWN_NAME}:${port}${path}`;
    await platform.rest.post('/v1/admin/credentials', { name, kind: 'MODEL', provider, baseUrl, value: 'sk-scripted' });
  }

  const agent = (kind: Kind, credentialId: string = kind) => ({ kind, model: 'scripted-1', credentialId });
  const approve = async (...attempts: readonly string[]): Promise<void> => {
    for (const id of attempts) expect(await cli.run(['approve', id], { cwd })).toMatchObject({ code: 0 });
  };

  it(
    'a task on each: what overlaps is reported, what merges lands, what conflicts is told what to do',
    async () => {
      expect((await origin.paths('main')).length).toBeGreaterThan(1_000);
      const checks = [{ name: 'whole', command: ['grep', '--quiet', '^# C', 'CHANGELOG.md'] }];
      // A prompt is no title: what has landed is in the history, which agents put beside their prompts.
      const { id: batchId } = await createBatch(platform.rest, repository, [
        { title: 'One', prompt: 'Name what is unreleased.', agent: agent('CODEX'), checks },
        { title: 'Two', prompt: 'Rename what is unreleased.', agent: agent('CLAUDE_CODE'), checks },
        { title: 'Three', prompt: 'Shorten the heading.', agent: agent('OPENCODE'), checks },
      ]);
      const attempts = attemptsOf(await batchEnded(platform.rest, batchId));
      expect(attempts.map(({ state, statusDetail }) => [state, statusDetail])).toEqual(
        KINDS.map(() => ['COMPLETED', '']),
      );
      const [codex, claude, opencode] = attempts.map(({ id }) => id) as [string, string, string];
      const pairs = (await overlapsOf(platform.rest, batchId)).map(({ level, paths, attemptIds }) => [
        level,
        paths,
        new Set(attemptIds),
      ]);
      expect(pairs).toHaveLength(3);
      expect(pairs).toEqual(
        expect.arrayContaining([
          ['TEXTUAL', ['CHANGELOG.md'], new Set([codex, claude])],
          ['FILE', ['CHANGELOG.md'], new Set([codex, opencode])],
          ['FILE', ['CHANGELOG.md'], new Set([claude, opencode])],
        ]),
      );
      await approve(codex, claude, opencode);
      const { landings } = await cli.json<{ landings: Landing[] }>(['land', codex, opencode], { cwd });
      expect(landings.map(({ state }) => state)).toEqual(['LANDED', 'LANDED']);
      const late = await cli.run(['land', claude], { cwd });
      expect(late).toMatchObject({ code: 1, stdout: expect.stringContaining('CONFLICT') as unknown });
      expect(late.stdout).toContain('CHANGELOG.md');
      expect(late.stderr).toContain('heddle reconcile create --from-tip');
      const lines = (await origin.file('main', 'CHANGELOG.md')).split('\n');
      expect(lines[0]).toBe('# Changes');
      expect(lines).toContain(`${UNRELEASED} one`);
      expect((await origin.trailers('Heddle-Landing', 'main', base)).sort()).toEqual(
        landings.map(({ id }) => id).sort(),
      );
    },
    SUITE_LIMIT_MS,
  );

  it(
    'best of three over two agents: the one that passes stops the other, and is the one that lands',
    async () => {
      const created = await platform.rest.post<Task>('/v1/tasks', {
        repositoryId: repository.id,
        prompt: 'Answer by guessing.',
        variants: [
          { name: 'codex', attempts: 2, agent: agent('CODEX') },
          { name: 'claude', agent: agent('CLAUDE_CODE', 'held'), prompt: 'Answer by thinking.' },
        ],
        checks: [{ name: 'answer', command: ['grep', '--quiet', '^right$', 'answer.txt'] }],
        earlyStop: true,
      });
      const task = () => platform.rest.get<Task>(`/v1/tasks/${created.id}`);
      await eventually('one of the two has guessed', async () =>
        (await task()).attempts.some(({ state }) => state === 'COMPLETED') ? true : undefined,
      );
      await eventually('the other is at it', () =>
        model.requests().some(({ fault }) => fault === 'hang') ? true : undefined,
      );
      expect((await task()).state).toBe('RUNNING');
      held.letThrough();
      await batchEnded(platform.rest, created.batchId);
      const ended = await task();
      expect(ended).toMatchObject({ state: 'COMPLETED', earlyStop: true });
      const rows = ended.attempts.map(({ variant, state, statusDetail }) => [variant, state, statusDetail]);
      expect(rows.sort()).toEqual([
        ['claude', 'COMPLETED', ''],
        ['codex', 'CANCELLED', 'SIBLING_PASSED'],
        ['codex', 'COMPLETED', ''],
      ]);
      expect(await overlapsOf(platform.rest, created.batchId)).toEqual([]);
      const winner = ended.attempts.find(({ variant }) => variant === 'claude')?.id ?? '';
      const compared = await cli.run(['compare', created.id], { cwd });
      expect(compared.stdout).toMatch(/ claude +CLAUDE_CODE scripted-1 +COMPLETED +1 passed /);
      expect(compared.stdout).toMatch(/ codex +CODEX scripted-1 +COMPLETED +answer FAILED /);
      expect(compared.stdout).toContain(`Passed everything: ${winner.slice(-8)}`);

      const retry = ['task', 'retry', created.id, '--', 'sh', '-c', 'echo right > answer.txt'];
      const again = await attemptEnded(platform.rest, (await cli.json<Attempt>(retry, { cwd })).id);
      expect(again).toMatchObject({
        state: 'COMPLETED',
        statusDetail: '',
        attemptNumber: 4,
        agent: { kind: 'COMMAND' },
      });
      await approve(winner, again.id);
      const { landings } = await cli.json<{ landings: Landing[] }>(['land', winner], { cwd });
      expect(landings).toMatchObject([{ state: 'LANDED', attemptId: winner }]);
      const refused = await cli.run(['land', again.id], { cwd });
      expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('ALREADY_LANDED') as unknown });
      expect(refused.stderr).toContain(winner);
    },
    SUITE_LIMIT_MS,
  );
});
