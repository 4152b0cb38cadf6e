import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { NetworkPolicy, NetworkRule, RootFilesystem } from '@heddle/contracts';
import type { AttachTerminalRequest, AttachTerminalResponse } from '@heddle/contracts/internal';
import { mountsBelow } from '@heddle/sandbox';
import { engineForTests } from '@heddle/sandbox/testing';
import { useTemporaryDirectories } from '@heddle/testing';
import { SetupAttempts } from '../../testing/setup-attempts.js';
import { toActivityFailure } from '../activities/activity-failure.js';
import { capture } from '../phases/capture.phase.js';
import { release } from '../phases/release.phase.js';
import { runTurn } from '../phases/run-turn.phase.js';
import { TerminalHost } from '../terminals/terminal-host.js';
import type { TerminalRelay } from '../terminals/terminal-relay.js';

const HOST = 'allowed.test';
const CONTAINER = { driver: 'CONTAINER' } as const;
const { socket = '', absent } = engineForTests();

async function failureOf(provisioning: Promise<unknown>): Promise<Error | undefined> {
  return provisioning.then(
    () => undefined,
    (error: unknown) => toActivityFailure(error, 'PROVISION_FAILED'),
  );
}

/** Of one terminal, whose runner is told `order`; what it says is kept in `told`. */
function relayOf(order: AttachTerminalResponse, told: AttachTerminalRequest[]): TerminalRelay {
  return {
    async *watch(_, signal) {
      yield 't1';
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    },
    async *attach(messages) {
      yield order;
      for await (const message of messages) told.push(message);
    },
    close: () => undefined,
  };
}

(absent === undefined ? describe : describe.skip)(
  `an environment that asks for containers${absent === undefined ? '' : ` [skipped: ${absent}]`}`,
  () => {
    let attempts: SetupAttempts;
    let server: Server;
    let port = 0;

    beforeAll(async () => {
      server = createServer((request, response) => response.end(`to ${request.url ?? ''}\n`));
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      ({ port } = server.address() as AddressInfo);
      attempts = await SetupAttempts.start(await temporary('containers'));
      const { harness } = attempts;
      harness.privateHosts = [HOST];
      harness.supervisorEnvironment['HEDDLE_CONTAINER_HOST'] = `unix://${socket}`;
      await harness.signalSupervisor('SIGUSR2');
      harness.startSupervisor();
      await harness.restartRunner();
    });
    afterAll(async () => {
      expect(await attempts.harness.stop()).toEqual([]);
      server.close();
    });

    it('has set-up, agent and checks in them, and says so; one that does not has none', async () => {
      const environment = { ...attempts.environment({}), ...CONTAINER };
      const check = attempts.harness.check('sees', 'cat made && ! grep -q bwrap /proc/1/cmdline');
      const owner = attempts.attempt('c1', 'cat ~/.cache/kept; git status --porcelain; echo 1 > made', {
        ...environment,
        checks: [check],
      });
      const made = await attempts.made(owner);
      expect(made).toMatchObject({ driver: 'CONTAINER', boundary: 'CONTAINER', setupCache: 'MISS' });
      expect(made.missing).toEqual(expect.arrayContaining([expect.stringContaining('user namespace')]));
      expect((await attempts.checked(owner)).checks).toMatchObject([{ name: 'sees', state: 'PASSED' }]);
      expect(attempts.harness.publisher.texts('c1')).toContain('kept');
      const other = attempts.attempt('c2', 'true', attempts.environment({}));
      expect(await attempts.made(other)).toMatchObject({ driver: 'BUBBLEWRAP', boundary: 'FULL', setupCache: 'MISS' });
      await attempts.released(other);
    });

    it('keeps its agent, its output and its network when the supervisor is killed', async () => {
      const { harness } = attempts;
      const ask = (path: string): string => `curl -sS --noproxy '*' http://${HOST}:${String(port)}/${path}`;
      const network = NetworkPolicy.create();
      network.agent = [{ ...NetworkRule.create(), host: HOST, ports: [port] }];
      const script = `${ask('first')}; while [ ! -e go ]; do sleep 0.05; done; ${ask('second')}; echo done > result; exit 3`;
      const owner = attempts.attempt('c3', script, { ...CONTAINER, network });
      await attempts.made(owner);
      const turn = runTurn(harness.context, owner, 1, harness.signal);
      await harness.until(() => harness.publisher.texts('c3').includes('to /first'));
      await harness.signalSupervisor('SIGKILL');
      harness.startSupervisor();
      // It answers once it has taken over what runs.
      await harness.context.supervisor.call('hello', {});
      const sandbox = await harness.context.sandboxes.get(owner);
      await writeFile(`${sandbox.directory.box('agent').merged}/go`, '');
      expect(await turn).toMatchObject({ outcome: 'EXITED', exitCode: 3 });
      const { commit } = await capture(harness.context, { owner, turn: 1, partial: false }, harness.signal);
      expect(await harness.store.list(commit)).toContain('100644 result');
      await attempts.released(owner);
      expect(harness.publisher.texts('c3').slice(0, 2)).toEqual(['to /first', 'to /second']);
    });

    it('opens no terminal in one that is kept, mounts nothing for it, and says so', async () => {
      const { harness } = attempts;
      const { context, signal } = harness;
      const keepDuration = { seconds: '3600', nanos: 0 };
      const owner = harness.attempt('c5', ['sh', '-c', 'echo 1 > made'], { ...CONTAINER, keepDuration });
      const made = await attempts.made(owner);
      expect(made.missing).toEqual(expect.arrayContaining([expect.stringContaining('terminals')]));
      await runTurn(context, owner, 1, signal);
      await capture(context, { owner, turn: 1, partial: false }, signal);
      await release(context, owner);
      const told: AttachTerminalRequest[] = [];
      const open = {
        attemptId: owner.id,
        fence: String(owner.fence),
        start: { command: ['ls'], columns: 80, rows: 24 },
      };
      const relay = relayOf({ open }, told);
      const settings = { socketPath: join(harness.data, 's.sock'), most: 1, idleMs: 60_000, limitMs: 60_000 };
      const host = new TerminalHost(context, relay, settings);
      host.start('runner');
      await harness.until(() => told.length > 1);
      await host.stop();
      expect(told).toEqual([
        { terminalId: 't1' },
        { refusal: { reason: 'NOT_AVAILABLE', message: expect.stringContaining('containers') as unknown } },
      ]);
      const sandbox = await context.sandboxes.get(owner);
      const { path } = sandbox.directory;
      expect((await readdir(path)).filter((name) => name.startsWith('terminal-'))).toEqual([]);
      expect(await mountsBelow(path)).toEqual([]);
      context.clearing.add(sandbox, true);
      await harness.cleared();
    });

    it('names an image that the operator does not allow: for good, and with the way out', async () => {
      const image = `sha256:${'0'.repeat(64)}`;
      const owner = attempts.attempt('c4', 'true', { ...CONTAINER, rootfs: { ...RootFilesystem.create(), image } });
      const failure = await failureOf(attempts.made(owner));
      expect(failure).toMatchObject({ type: 'ROOTFS_NOT_ALLOWED', nonRetryable: true });
      expect(failure?.message).toContain('HEDDLE_CONTAINER_IMAGES');
      await attempts.released(owner);
    });
  },
);

(process.getuid?.() === 0 ? describe : describe.skip)('on a runner without an engine', () => {
  let attempts: SetupAttempts;

  beforeAll(async () => {
    attempts = await SetupAttempts.start(await temporary('no-containers'));
  });
  afterAll(async () => {
    expect(await attempts.harness.stop()).toEqual([]);
  });

  it('is refused for good, with the setting that names one', async () => {
    const failure = await failureOf(attempts.made(attempts.attempt('n1', 'true', CONTAINER)));
    expect(failure).toMatchObject({ type: 'DRIVER_NOT_AVAILABLE', nonRetryable: true });
    expect(failure?.message).toContain('HEDDLE_CONTAINER_HOST');
  });

  it('is refused in the same words where the engine does not answer, and why', async () => {
    const { harness } = attempts;
    harness.supervisorEnvironment['HEDDLE_CONTAINER_HOST'] = 'unix:///nonexistent/engine.sock';
    await harness.signalSupervisor('SIGUSR2');
    harness.startSupervisor();
    await harness.restartRunner();
    const failure = await failureOf(attempts.made(attempts.attempt('n2', 'true', CONTAINER)));
    expect(failure).toMatchObject({ type: 'DRIVER_NOT_AVAILABLE', nonRetryable: true });
    expect(failure?.message).toContain('/nonexistent/engine.sock (HEDDLE_CONTAINER_HOST)');
    const own = attempts.attempt('n3', 'true', { driver: 'BUBBLEWRAP' });
    expect(await attempts.made(own)).toMatchObject({ driver: 'BUBBLEWRAP' });
    await attempts.released(own);
  });
});

// After the hooks above: directories go when nothing uses them any more.
const temporary = useTemporaryDirectories();
