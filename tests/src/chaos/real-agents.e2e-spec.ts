import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { agentAdapter, agentTool } from '@heddle/agents';
import type { Attempt, Repository, Turn } from '@heddle/sdk';
import { startScriptedModel, type ScenarioInput, type ScriptedModel } from '@heddle/testing/scripted-model';
import { PROVIDERS } from '../conformance/agents/agent-suite.js';
import { whyNotInstallable } from '../conformance/agents/installable.js';
import { KINDS as ALL } from '../conformance/agents/scenario.js';
import { eventually } from '../support/bounds.js';
import { Cli } from '../support/doors/cli.js';
import { PatientDoor } from '../support/doors/patient-door.js';
import { SampleRepository } from '../support/git/sample-repository.js';
import { OWN_NAME, ownNameMissing } from '../support/host/own-name.js';
import { usePlatform } from '../support/platform/use-platform.js';
import { holdServer, type HeldServer } from '../support/work/held-server.js';
import {
  attemptEnded,
  attemptsOf,
  batchEnded,
  changeOf,
  createBatch,
  registerRepository,
} from '../support/work/launch.js';
import { SHOP } from '../support/work/shop.js';

/** Four programs on two processors take long to come and to start. */
const SUITE_LIMIT_MS = 900_000;
const FOLLOW_UP = 'And the second file, please.';
const APPROVED = '1. Write planned.txt, as approved.';

/** Those that go on with a conversation, by a program that the platform installs. */
const KINDS = ALL.filter((kind) => agentAdapter(kind).capabilities.resumes && agentTool(kind) !== undefined);

/** The third step comes only to an agent that has the first two in its conversation. */
const SCRIPT: ScenarioInput = {
  conversations: [
    {
      name: 'approved',
      match: APPROVED,
      steps: [
        { tools: [{ tool: 'write_file', path: 'planned.txt', content: 'planned\n' }] },
        { text: 'As it was planned.' },
      ],
    },
    { name: 'plan', match: 'Make a plan', steps: [{ text: '1. Write something.' }] },
    {
      name: 'two files',
      match: 'Make two files',
      steps: [
        { tools: [{ tool: 'write_file', path: 'first.txt', content: 'first\n' }] },
        { text: 'The first file is done.' },
        { tools: [{ tool: 'shell', command: 'cat first.txt > second.txt' }] },
        { text: 'The second file is done.' },
      ],
    },
  ],
};

const missing =
  (await ownNameMissing()) ?? (await Promise.all(KINDS.map(whyNotInstallable))).find((why) => why !== undefined);
const skipped = missing === undefined ? '' : ` [skipped: ${missing}]`;

const platform = usePlatform({ HEDDLE_EGRESS_PRIVATE_HOSTS: OWN_NAME });

(missing === undefined ? describe : describe.skip)(`real agents in their second turn${skipped}`, () => {
  let model: ScriptedModel;
  let held: HeldServer;
  let repository: Repository;

  beforeAll(async () => {
    model = await startScriptedModel({ scenario: SCRIPT, host: '0.0.0.0' });
    held = await holdServer(`http://127.0.0.1:${new URL(model.url).port}`, (body) => body.includes(FOLLOW_UP));
    repository = await registerRepository(platform.rest, (await SampleRepository.make(platform.scratch, SHOP)).path);
    const cwd = join(platform.scratch, 'home');
    await mkdir(cwd, { recursive: true });
    const cli = new Cli({ HEDDLE_DATA_DIR: platform.dataDirectory });
    for (const kind of KINDS) {
      expect(await cli.run(['admin', 'agents', 'install', kind, '--wait'], { cwd })).toMatchObject({ code: 0 });
      const { provider, path } = PROVIDERS[kind];
      const baseUrl = `http://${OWN_NAME}:${String(held.port)}${path}`;
      const credential = { name: kind, kind: 'MODEL', provider, baseUrl, value: 'sk-scripted' };
      await platform.rest.post('/v1/admin/credentials', credential);
    }
  }, SUITE_LIMIT_MS);

  afterAll(async () => {
    held.close();
    await model.close();
  });

  it(
    'go on when their runner is killed with -9: the same conversation, the same tree, nothing twice',
    async () => {
      const rest = new PatientDoor(platform.rest);
      const tasks = KINDS.map((kind) => ({
        title: kind,
        prompt: 'Make two files, please.',
        agent: { kind, model: kind === 'GEMINI' ? 'gemini-2.5-pro' : 'scripted-1', credentialId: kind },
      }));
      const { id: batchId } = await createBatch(rest, repository, tasks);
      const attempts = attemptsOf(await batchEnded(rest, batchId));
      for (const { id } of attempts) await rest.post(`/v1/attempts/${id}/messages`, { text: FOLLOW_UP });
      const planned = await planThatWaits(rest, repository);
      await eventually('all of them wait for the model', () => (held.held >= KINDS.length ? true : undefined));
      platform.kill('sandbox-runner');
      await platform.restarted('sandbox-runner');
      held.letThrough();
      for (const { id } of attempts) {
        const attempt = await attemptEnded(rest, id);
        const { turns } = await rest.get<{ turns: Turn[] }>(`/v1/attempts/${id}/turns`);
        expect(attempt).toMatchObject({ state: 'COMPLETED', statusDetail: '', restartCount: 0, turn: 2 });
        expect(attempt.answer).toContain('The second file is done.');
        expect(turns).toMatchObject([{ state: 'COMPLETED' }, { state: 'COMPLETED', conversation: 'RESUMED' }]);
        const { files } = await changeOf(platform.rest, attempt);
        expect(files.map(({ path }) => path)).toEqual(['first.txt', 'second.txt']);
      }
      // Nothing of it ran when its runner died.
      await rest.post(`/v1/attempts/${planned}:approvePlan`, { text: APPROVED });
      const carriedOut = await attemptEnded(rest, planned);
      expect(carriedOut).toMatchObject({ state: 'COMPLETED', restartCount: 0, turn: 2 });
      expect((await changeOf(platform.rest, carriedOut)).files.map(({ path }) => path)).toEqual(['planned.txt']);
      await platform.quiet();
    },
    SUITE_LIMIT_MS,
  );
});

/** @returns the id of its attempt */
async function planThatWaits(rest: PatientDoor, repository: Repository): Promise<string> {
  const agent = { kind: 'CODEX', model: 'scripted-1', credentialId: 'CODEX' };
  const task = { title: 'plan', prompt: 'Make a plan, please.', mode: 'PLAN' as const, agent };
  const id = attemptsOf(await createBatch(rest, repository, [task]))[0]?.id ?? '';
  await eventually('the plan waits', async () => {
    const { state } = await rest.get<Attempt>(`/v1/attempts/${id}`);
    return state === 'WAITING_FOR_USER' ? true : undefined;
  });
  return id;
}
