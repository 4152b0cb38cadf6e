import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { agentTool, type AgentTool } from '@heddle/agents';
import { AgentSpec } from '@heddle/contracts';
import { useTemporaryDirectories } from '@heddle/testing';
import { FakeRegistry, useRegistry } from '../../testing/fake-registry.js';
import { RunnerHarness } from '../../testing/runner-harness.js';
import { capture } from '../phases/capture.phase.js';
import { provision } from '../phases/provision.phase.js';
import { release } from '../phases/release.phase.js';
import { runTurn } from '../phases/run-turn.phase.js';
import { placeSteers } from './place-steers.js';

/** Speaks as Claude Code does that reads its input as JSON: a prompt that is to wait is answered with the one after it. */
const PROGRAM = `#!/opt/heddle/node/bin/node
if (process.argv.includes('--version')) { console.log('1.0.0 (Claude Code)'); process.exit(0); }
const say = (record) => console.log(JSON.stringify(record));
const told = [];
say({ type: 'system', subtype: 'init', session_id: '0-1', model: 'm' });
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  told.push(JSON.parse(line).message.content.trim());
  if (told.at(-1) !== 'Wait.') say({ type: 'result', session_id: '0-1', result: told.join(' | '), queued_turn_count: 0 });
});
`;

const VERSION = '1.0.0';

let harness: RunnerHarness;
let registry: FakeRegistry;
let restore: () => void;

beforeAll(async () => {
  const directory = await temporary('steering');
  harness = await RunnerHarness.start(directory, 'echo one > one.txt');
  registry = await FakeRegistry.start(join(directory, 'registry'));
  restore = useRegistry(registry.url, join(directory, 'npm'));
  const tool = agentTool('CLAUDE_CODE') as AgentTool;
  const host = { arch: process.arch, hasAvx2: true };
  const natives = [true, false].flatMap((isMusl) => tool.native?.packages({ ...host, isMusl }) ?? []);
  for (const name of natives) await registry.publish({ name, version: VERSION, files: { claude: PROGRAM } });
  await registry.publish({
    ...{ name: tool.package, version: VERSION, files: { claude: 'a placeholder' } },
    manifest: {
      bin: { claude: 'claude' },
      optionalDependencies: Object.fromEntries(natives.map((name) => [name, VERSION])),
    },
  });
});

afterAll(async () => {
  restore();
  await registry.stop();
  await harness.context.tools.stop();
  expect(await harness.stop()).toEqual([]);
});

const temporary = useTemporaryDirectories();

const attempt = (id: string, prompt: string) =>
  harness.attempt(id, [], {
    agent: { ...AgentSpec.create(), kind: 'CLAUDE_CODE', version: VERSION },
    agentWanted: true,
    turn: 1,
    prompt,
  });
const message = (attemptId: string, number: number, text: string, turn = 1) => ({
  attemptId,
  fence: '1',
  turn,
  number,
  text,
});

describe('a message into a turn that runs', () => {
  it('is heard by the agent once, also where its runner was another one when the agent began', async () => {
    const owner = attempt('s1', 'Wait.');
    // Nobody is there yet to be told.
    await placeSteers(harness.context, [message('s1', 2, 'Not that.'), message('nobody', 2, 'x')]);
    await provision(harness.context, owner, harness.signal);
    const lost = new AbortController();
    const first = runTurn(harness.context, owner, 1, lost.signal).catch(() => 'detached');
    await harness.until(() => harness.publisher.texts('s1').some((text) => text.includes('"init"')));
    lost.abort(new Error('the runner died'));
    expect(await first).toBe('detached');
    await harness.restartRunner();
    const { context, signal } = harness;
    await provision(context, owner, signal);
    const running = runTurn(context, owner, 1, signal);
    await placeSteers(context, [message('s1', 3, 'Of the next turn.', 2)]);
    for (let time = 0; time < 2; time++) await placeSteers(context, [message('s1', 2, 'Not that.')]);
    expect(await running).toMatchObject({
      outcome: 'EXITED',
      exitCode: 0,
      report: { completed: true, answer: 'Wait. | Not that.', steered: [2] },
    });
    await capture(context, { owner, turn: 1, partial: false }, signal);
    await release(context, owner);
  });

  it('that never comes keeps no turn from its end', async () => {
    const { context, signal } = harness;
    const owner = attempt('s2', 'Do it.');
    await provision(context, owner, signal);
    const turn = await runTurn(context, owner, 1, signal);
    expect(turn).toMatchObject({ outcome: 'EXITED', exitCode: 0, report: { completed: true, answer: 'Do it.' } });
    expect(turn.report).not.toHaveProperty('steered');
    await capture(context, { owner, turn: 1, partial: false }, signal);
    await release(context, owner);
  });
});
