import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { McpServer, Task_Mode } from '@heddle/contracts';
import type { CaptureResult, ChecksResult, SandboxOwnerRef, TurnResult } from '@heddle/contracts/workflows';
import { useTemporaryDirectories } from '@heddle/testing';
import { RunnerHarness } from '../../testing/runner-harness.js';
import { capture } from './capture.phase.js';
import { provision } from './provision.phase.js';
import { release } from './release.phase.js';
import { runChecks } from './run-checks.phase.js';
import { runTurn } from './run-turn.phase.js';

let harness: RunnerHarness;

beforeAll(async () => {
  harness = await RunnerHarness.start(
    await temporary('attempt'),
    `echo 'hello' > README.md; mkdir -p src lib; echo 'one' > src/one.txt; echo 'two' > src/two.txt; printf 'ignored/\\n*.log\\n' > .gitignore; echo lib > lib/keep; ln -s README.md link`,
  );
});

afterAll(async () => {
  expect(await harness.stop()).toEqual([]);
});

// After the hook above: directories go when nothing uses them any more.
const temporary = useTemporaryDirectories();

async function wholeTurn(owner: SandboxOwnerRef): Promise<{ turn: TurnResult; captured: CaptureResult }> {
  const { context, signal } = harness;
  await provision(context, owner, signal);
  const turn = await runTurn(context, owner, 1, signal);
  const captured = await capture(context, { owner, turn: 1, partial: turn.exitCode !== 0 }, signal);
  return { turn, captured };
}

async function checksOf(owner: SandboxOwnerRef, commit: string): Promise<ChecksResult> {
  return runChecks(harness.context, { owner, turn: 1, commit }, harness.signal);
}

describe('an attempt on a runner', () => {
  it('runs the agent on the base, stores its tree, checks it in a fresh box and leaves nothing', async () => {
    const owner = harness.attempt(
      'a1',
      [
        'bash',
        '-c',
        'set -e; git status --porcelain; cat "$HEDDLE_PROMPT_FILE"; echo "$HEDDLE_PROMPT" > prompt; echo more >> README.md; git mv lib library; rm src/one.txt; mkdir -p ignored; echo x > ignored/x; echo x > a.log; touch $HOME/mark; echo done',
      ],
      {
        checks: [
          harness.check(
            'sees',
            'set -e; test "$(cat prompt)" = "do it"; test ! -e src/one.txt; test -e library/keep; test ! -e lib; test ! -e ignored; test ! -e $HOME/mark; echo fine',
          ),
          harness.check('fails', 'echo no >&2; exit 3'),
        ],
      },
    );
    const { turn, captured } = await wholeTurn(owner);
    expect(turn).toMatchObject({ outcome: 'EXITED', exitCode: 0, outputTruncated: false });
    expect(await harness.store.list(captured.commit)).toEqual([
      '100644 .gitignore',
      '100644 README.md',
      '100644 library/keep',
      '120000 link',
      '100644 prompt',
      '100644 src/two.txt',
    ]);
    const { outcome, checks } = await checksOf(owner, captured.commit);
    expect(outcome).toBe('RAN');
    expect(checks).toMatchObject([
      { name: 'sees', state: 'PASSED', treeId: captured.treeId },
      { name: 'fails', state: 'FAILED', exitCode: 3 },
    ]);
    await release(harness.context, owner);
    await harness.until(() => harness.publisher.hasEnded('a1'));
    expect(harness.publisher.texts('a1')).toEqual(['do itdone', 'fine', 'no']);
    expect(harness.publisher.lines('a1').map((line) => line.sequence)).toEqual(['1', '2', '3']);
  });

  it('makes a change of a turn that was to change nothing only where it did, and then a partial one', async () => {
    const quiet = harness.attempt('ask1', ['bash', '-c', 'cat README.md; echo x > ignored.log'], {
      mode: Task_Mode.ASK,
    });
    expect((await wholeTurn(quiet)).captured).toMatchObject({ changeId: '', empty: true });
    const loud = harness.attempt('ask2', ['bash', '-c', 'echo more >> README.md'], { mode: Task_Mode.PLAN });
    expect((await wholeTurn(loud)).captured).toMatchObject({ changeId: expect.stringMatching(/./), empty: false });
    const headers = harness.store.stored.filter(({ attemptId }) => attemptId.startsWith('ask'));
    expect(headers.map(({ final, partial }) => [final, partial])).toEqual([
      [false, true],
      [true, true],
    ]);
    for (const owner of [quiet, loud]) await release(harness.context, owner);
    await harness.cleared();
    // The release found everything stored.
    expect(harness.store.stored.filter(({ attemptId }) => attemptId.startsWith('ask'))).toHaveLength(2);
    expect(harness.publisher.texts('ask2').join('\n')).toContain('kept as a partial change');
    expect(harness.publisher.texts('ask1')).toEqual(['hello']);
  });

  it('gives the result of its checks before their boxes are gone, and goes after them', async () => {
    const owner = harness.attempt('a4', ['bash', '-c', 'echo x > x'], { checks: [harness.check('fine', 'true')] });
    const { captured } = await wholeTurn(owner);
    const { supervisor } = harness.context;
    const call = supervisor.call.bind(supervisor);
    const asked: string[] = [];
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    supervisor.call = async (method, params, signal) => {
      asked.push(method);
      if (method === 'destroyBox') await gate;
      return call(method, params, signal);
    };
    expect((await checksOf(owner, captured.commit)).checks).toMatchObject([{ state: 'PASSED' }]);
    await release(harness.context, owner);
    await harness.until(() => harness.publisher.hasEnded('a4'));
    expect(asked).not.toContain('remove');
    open();
    await harness.until(() => harness.context.clearing.count === 0);
    expect(asked.slice(-3)).toEqual(['destroyBox', 'closeTerminals', 'remove']);
    supervisor.call = call;
  });

  it('needs no git at all for an agent that changed nothing', async () => {
    const owner = harness.attempt('a2', ['true']);
    const { captured } = await wholeTurn(owner);
    expect(captured).toMatchObject({ empty: true, commit: harness.baseCommit });
    await release(harness.context, owner);
  });

  it("goes without its environment's MCP servers where its agent can not be told of any, and its log says so", async () => {
    const environmentMcpServers = [{ ...McpServer.create(), name: 'notes', command: ['node', 'notes.mjs'] }];
    const owner = harness.attempt('a5', ['true'], { environmentMcpServers });
    const { turn } = await wholeTurn(owner);
    expect(turn).toMatchObject({ outcome: 'EXITED', exitCode: 0 });
    await release(harness.context, owner);
    await harness.until(() => harness.publisher.hasEnded('a5'));
    expect(harness.publisher.texts('a5').join('\n')).toContain("goes without the environment's notes");
  });

  it('says by exit code 127 that the command is not there', async () => {
    const owner = harness.attempt('a3', ['no-such-program']);
    const { turn } = await wholeTurn(owner);
    expect(turn).toMatchObject({ outcome: 'EXITED', exitCode: 127 });
    await release(harness.context, owner);
  });
});
