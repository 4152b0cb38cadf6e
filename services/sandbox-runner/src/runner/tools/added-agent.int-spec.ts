import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { AgentActivity_Kind as Kind, AgentSpec } from '@heddle/contracts';
import type { TurnResult } from '@heddle/contracts/workflows';
import { useTemporaryDirectories } from '@heddle/testing';
import { startScriptedModel, type ScriptedModel } from '@heddle/testing/scripted-model';
import type { RunnerHarness } from '../../testing/runner-harness.js';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../../../../', import.meta.url));
/** The name of this host for supervisors under test. */
const HOST = 'models.test';
const VALUE = 'sk-hunter2-hunter2-hunter2';

let harness: RunnerHarness;
let model: ScriptedModel;

beforeAll(async () => {
  const page = await readFile(join(ROOT, 'docs', 'adding-an-agent.md'), 'utf8');
  const directory = await temporary('added');
  await useAgents(await buildAgents(page, join(directory, 'agents')));
  model = await startScriptedModel({
    scenario: {
      conversations: [
        {
          name: 'work',
          match: 'Work',
          steps: [
            { text: 'I look.', tools: [{ tool: 'shell', command: 'cat nothing' }] },
            { tools: [{ tool: 'shell', command: 'echo made > made' }], usage: { input: 50, output: 7 } },
            { text: 'It is made.' },
          ],
        },
        { name: 'refused', match: 'Fail', steps: [{ text: 'No.', fault: { kind: 'unauthorized' } }] },
      ],
    },
  });
  const { RunnerHarness: Harness } = await import('../../testing/runner-harness.js');
  const program = blocksOf(page, 'file').get('pebble.mjs') ?? '';
  harness = await Harness.start(join(directory, 'host'), `cat >pebble.mjs <<'END'\n${program}\nEND`);
  harness.privateHosts = [HOST];
  await harness.restartRunner();
});

afterAll(async () => {
  expect(await harness.stop()).toEqual([]);
  await model.close();
});

const temporary = useTemporaryDirectories();

/** The blocks of code below a line `<!-- WORD: NAME -->`, by their names. */
function blocksOf(page: string, word: string): ReadonlyMap<string, string> {
  const blocks = page.matchAll(new RegExp(`^<!-- ${word}: (\\S+) -->\n\n\`\`\`\\w+\n(.*?)\n\`\`\`$`, 'gms'));
  return new Map([...blocks].map(([, name = '', text = '']) => [name, text]));
}

/** `libs/agents` with what the page adds to it, compiled; the path of its entry. */
async function buildAgents(page: string, directory: string): Promise<string> {
  await cp(join(ROOT, 'libs', 'agents', 'src'), join(directory, 'libs', 'agents', 'src'), {
    recursive: true,
    filter: (path) => !/\.spec\.ts$|spec-support|fixtures/.test(path),
  });
  for (const [path, text] of blocksOf(page, 'file')) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), `${text}\n`);
  }
  for (const [path, text] of blocksOf(page, 'lines')) {
    const [imported, entry] = text.split('\n');
    const file = await readFile(join(directory, path), 'utf8');
    await writeFile(join(directory, path), `${imported ?? ''}\n${file.replace('\n];', `\n${entry ?? ''}\n];`)}`);
  }
  await symlink(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
  await writeFile(join(directory, 'package.json'), '{"type":"module"}');
  const compilerOptions = { rootDir: 'libs/agents/src', outDir: 'dist', composite: false };
  await writeFile(
    join(directory, 'tsconfig.json'),
    JSON.stringify({ extends: join(ROOT, 'tsconfig.base.json'), compilerOptions, include: ['libs'] }),
  );
  const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  await run(process.execPath, [compiler, '-p', directory]).catch((error: unknown) => {
    throw new Error(`the page does not compile: ${(error as { stdout: string }).stdout}`);
  });
  return join(directory, 'dist', 'index.js');
}

/** In place of those that this checkout has, for all that is loaded from now on. */
async function useAgents(entry: string): Promise<void> {
  const agents = (await import(pathToFileURL(entry).href)) as Record<string, unknown>;
  jest.unstable_mockModule('@heddle/agents', () => agents);
}

async function turnOf(id: string, prompt: string): Promise<{ readonly turn: TurnResult; readonly files: string[] }> {
  // One after the other: each loads what the others load too.
  const { provision } = await import('../phases/provision.phase.js');
  const { runTurn } = await import('../phases/run-turn.phase.js');
  const { capture } = await import('../phases/capture.phase.js');
  const { release } = await import('../phases/release.phase.js');
  const { context, signal } = harness;
  const baseUrl = `http://${HOST}:${new URL(model.url).port}/v1`;
  harness.model = { credentialId: 'c1', name: 'key', value: VALUE, provider: 'OPENAI_COMPATIBLE', baseUrl };
  const agent = { ...AgentSpec.create(), kind: 'PEBBLE', model: 'scripted-1', credentialId: 'c1' };
  const owner = harness.attempt(id, [], { agent, prompt });
  await provision(context, owner, signal);
  const turn = await runTurn(context, owner, 1, signal);
  const { commit } = await capture(context, { owner, turn: 1, partial: false }, signal);
  await release(context, owner);
  return { turn, files: await harness.store.list(commit) };
}

describe('the agent of docs/adding-an-agent.md', () => {
  it('works in a sandbox, and its activity and its turn are read', async () => {
    const { turn, files } = await turnOf('p1', 'Work, please.');
    expect(turn.report).toMatchObject({
      completed: true,
      answer: 'It is made.',
      usage: { inputTokens: 250, outputTokens: 47 },
    });
    expect(files.some((file) => file.endsWith(' made'))).toBe(true);
    const commands = harness.publisher.activities('p1').filter(({ kind }) => kind === Kind.COMMAND);
    expect(commands.map(({ command }) => [command?.command, command?.exitCode])).toEqual([
      ['cat nothing', undefined],
      ['cat nothing', 1],
      ['echo made > made', undefined],
      ['echo made > made', 0],
    ]);
  });

  it('is told apart from one that the model refuses', async () => {
    const { turn } = await turnOf('p2', 'Fail, please.');
    expect(turn.report).toMatchObject({ completed: false, failure: { reason: 'AGENT_AUTH_FAILED' } });
  });
});
