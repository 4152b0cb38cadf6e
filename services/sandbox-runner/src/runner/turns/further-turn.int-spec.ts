import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { agentTool, type AgentTool } from '@heddle/agents';
import { AgentSpec } from '@heddle/contracts';
import { SandboxOwner_Kind, type SandboxSpec } from '@heddle/contracts/internal';
import type { CaptureResult, SandboxOwnerRef, TurnResult } from '@heddle/contracts/workflows';
import { useTemporaryDirectories } from '@heddle/testing';
import { FakeRegistry, useRegistry } from '../../testing/fake-registry.js';
import { RunnerHarness } from '../../testing/runner-harness.js';
import { capture } from '../phases/capture.phase.js';
import { provision } from '../phases/provision.phase.js';
import { release } from '../phases/release.phase.js';
import { runTurn } from '../phases/run-turn.phase.js';
import { stop } from '../phases/stop.phase.js';

const run = promisify(execFile);

/**
 * Speaks as Codex does: keeps its prompts in its home, runs the last line of a prompt as a script, and answers with all the
 * prompts of its conversation.
 */
const PROGRAM = `
if (process.argv.includes('--version')) { console.log('codex-cli 1.0.0'); process.exit(0); }
const fs = require('node:fs'), path = require('node:path');
const words = process.argv.slice(2);
const resumed = words[1] === 'resume' ? words.at(-2) : undefined;
const id = resumed ?? 'thread-1';
const file = path.join(process.env.HOME, '.codex', 'sessions', '2026', id + '.jsonl');
if (resumed !== undefined && !fs.existsSync(file)) { console.error('no such thread'); process.exit(1); }
const say = (record) => console.log(JSON.stringify(record));
say({ type: 'thread.started', thread_id: id });
const prompt = fs.readFileSync(0, 'utf8').trim();
fs.mkdirSync(path.dirname(file), { recursive: true });
fs.appendFileSync(file, JSON.stringify(prompt) + '\\n');
const script = prompt.split('\\n').at(-1);
require('node:child_process').execFileSync('bash', ['-c', script], { stdio: ['ignore', 'ignore', 'inherit'] });
const prompts = fs.readFileSync(file, 'utf8').trim().split('\\n').map((line) => JSON.parse(line));
say({ type: 'item.completed', item: { id: 'i', type: 'agent_message', text: prompts.join(' | ') } });
say({ type: 'turn.completed', usage: { input_tokens: 1, output_tokens: 1 } });
`;

let harness: RunnerHarness;
let registry: FakeRegistry;
let restore: () => void;

beforeAll(async () => {
  const directory = await temporary('turns');
  harness = await RunnerHarness.start(
    directory,
    `echo one > one.txt; echo two > two.txt; mkdir -p old; echo gone > old/gone; echo 'built/' > .gitignore`,
  );
  registry = await FakeRegistry.start(join(directory, 'registry'));
  restore = useRegistry(registry.url, join(directory, 'npm'));
  await registry.publish({
    ...{ name: (agentTool('CODEX') as AgentTool).package, version: '1.0.0', files: { 'codex.js': PROGRAM } },
    manifest: { bin: { codex: 'codex.js' } },
  });
});

afterAll(async () => {
  restore();
  await registry.stop();
  await harness.context.tools.stop();
  expect(await harness.stop()).toEqual([]);
});

const temporary = useTemporaryDirectories();

function turnOf(
  id: string,
  turn: number,
  prompt: string,
  more: Partial<Omit<SandboxSpec, 'limits'>> = {},
): SandboxOwnerRef {
  harness.attempt(id, [], {
    agent: { ...AgentSpec.create(), kind: 'CODEX', version: '1.0.0' },
    agentWanted: true,
    owner: { kind: SandboxOwner_Kind.ATTEMPT, id, fence: String(turn) },
    turn,
    prompt,
    ...more,
  });
  return { kind: 'ATTEMPT', id, fence: turn };
}

async function take(owner: SandboxOwnerRef): Promise<{ turn: TurnResult; captured: CaptureResult }> {
  const { context, signal } = harness;
  await provision(context, owner, signal);
  const turn = await runTurn(context, owner, owner.fence, signal);
  const captured = await capture(context, { owner, turn: owner.fence, partial: turn.outcome !== 'EXITED' }, signal);
  await release(context, owner);
  return { turn, captured };
}

const resumeFrom = ({ commit, conversation }: CaptureResult): Pick<SandboxSpec, 'resume'> => ({
  resume: { commit, conversationId: conversation?.id ?? '', conversationCommit: conversation?.commit ?? '' },
});

describe('a further turn', () => {
  it('goes on with the conversation, on the tree of the turn before, as one change to the base', async () => {
    const first = await take(
      turnOf(
        't1',
        1,
        'echo more >> one.txt; rm -r old; mkdir new; echo new > new/file; ln -s one.txt link; mkdir built; echo x > built/x',
      ),
    );
    expect(first.turn).toMatchObject({ report: { completed: true, conversationId: 'thread-1' } });
    expect(first.turn).not.toHaveProperty('conversation');
    expect(first.captured.conversation).toMatchObject({ id: 'thread-1' });
    await harness.restartRunner();

    const second = await take(
      turnOf(
        't1',
        2,
        `test ! -e old; test -e new/file; test "$(tail -1 one.txt)" = more; test ! -e built; rm two.txt; echo 2 > new/second`,
        {
          ...resumeFrom(first.captured),
          earlierPrompts: ['echo more'],
        },
      ),
    );
    expect(second.turn).toMatchObject({ conversation: 'RESUMED', report: { completed: true } });
    expect(second.turn.report?.answer).toMatch(/^echo more .* \| test ! -e old/);
    expect(await harness.store.list(second.captured.commit)).toEqual([
      '100644 .gitignore',
      '120000 link',
      '100644 new/file',
      '100644 new/second',
      '100644 one.txt',
    ]);
    const { stdout: parent } = await run('git', [
      '-C',
      harness.store.gitDir,
      'rev-parse',
      `${second.captured.commit}^`,
    ]);
    expect(parent.trim()).toBe(harness.baseCommit);
    const sequences = harness.publisher.lines('t1').map(({ sequence }) => Number(sequence));
    expect(sequences).toEqual([...new Set(sequences)].sort((a, b) => a - b));
  });

  it('that changes nothing is the same commit, and one that undoes all is the base', async () => {
    const first = await take(turnOf('t2', 1, 'echo more >> one.txt'));
    const second = await take(turnOf('t2', 2, 'true', resumeFrom(first.captured)));
    expect(second.captured.treeId).toBe(first.captured.treeId);
    expect(second.captured.empty).toBe(false);
    const third = await take(turnOf('t2', 3, 'echo one > one.txt', resumeFrom(second.captured)));
    expect(third.captured).toMatchObject({ empty: true, commit: harness.baseCommit });
    expect(third.turn.report?.answer).toBe('echo more >> one.txt | true | echo one > one.txt');
  });

  it('without its conversation says so, and begins afresh with the earlier messages', async () => {
    const { captured } = await take(turnOf('t3', 1, 'echo more >> one.txt'));
    const lost = { commit: captured.commit, conversationId: 'thread-1', conversationCommit: 'd'.repeat(40) };
    const { turn } = await take(
      turnOf('t3', 2, 'test "$(tail -1 one.txt)" = more', { resume: lost, earlierPrompts: ['echo more >> one.txt'] }),
    );
    expect(turn).toMatchObject({ conversation: 'AFRESH', report: { completed: true } });
    expect(turn.report?.answer).toContain('Message 1:\necho more >> one.txt');
    expect(harness.publisher.texts('t3').join('\n')).toContain(
      'is not there: it is told the earlier messages once more',
    );
  });

  it('goes on where it was when runner and supervisor are killed in the middle of it', async () => {
    const { captured } = await take(turnOf('t5', 1, 'echo more >> one.txt'));
    const owner = turnOf('t5', 2, 'echo up >&2; while [ ! -e go ]; do sleep 0.02; done; rm go; echo 2 > two.txt', {
      ...resumeFrom(captured),
    });
    await provision(harness.context, owner, harness.signal);
    const lost = new AbortController();
    const first = runTurn(harness.context, owner, 2, lost.signal).catch(() => 'detached');
    await harness.until(() => harness.publisher.texts('t5').includes('up'));
    lost.abort(new Error('the runner died'));
    expect(await first).toBe('detached');
    await harness.signalSupervisor('SIGKILL');
    harness.startSupervisor();
    await harness.restartRunner();
    const { context, signal } = harness;
    // It finds the sandbox by its journal, as a runner does that comes back.
    await provision(context, owner, signal);
    const second = runTurn(context, owner, 2, signal);
    const sandbox = await context.sandboxes.get(owner);
    await writeFile(`${sandbox.directory.path}/agent/merged/go`, '');
    expect(await second).toMatchObject({ outcome: 'EXITED', conversation: 'RESUMED', report: { completed: true } });
    const result = await capture(context, { owner, turn: 2, partial: false }, signal);
    await release(context, owner);
    expect(await harness.store.read(result.commit, 'one.txt')).toBe('one\nmore\n');
    expect(await harness.store.read(result.commit, 'two.txt')).toBe('2\n');
    expect(harness.publisher.texts('t5').filter((text) => text === 'up')).toHaveLength(1);
  });

  it('goes on after an interrupt with what was there', async () => {
    const { context, signal } = harness;
    const owner = turnOf('t4', 1, 'echo started > one.txt; echo ready >&2; sleep 1000');
    await provision(context, owner, signal);
    const running = runTurn(context, owner, 1, signal);
    await harness.until(() => harness.publisher.texts('t4').includes('ready'));
    await stop(context, owner, 'INTERRUPTED', signal);
    expect(await running).toMatchObject({ outcome: 'STOPPED', stopReason: 'INTERRUPTED' });
    const captured = await capture(context, { owner, turn: 1, partial: true }, signal);
    await release(context, owner);
    const { turn } = await take(turnOf('t4', 2, 'test "$(cat one.txt)" = started', resumeFrom(captured)));
    expect(turn).toMatchObject({ conversation: 'RESUMED', report: { completed: true } });
    expect(turn.report?.answer).toMatch(/sleep 1000 \| test/);
  });
});
