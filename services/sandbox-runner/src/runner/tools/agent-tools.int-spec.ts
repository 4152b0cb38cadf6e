import { access, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { agentTool, type AgentTool } from '@heddle/agents';
import { AgentSpec } from '@heddle/contracts';
import { createLogger } from '@heddle/platform/logging';
import { SandboxError } from '@heddle/sandbox';
import { useTemporaryDirectories } from '@heddle/testing';
import { FakeRegistry, useRegistry, type FakePackage } from '../../testing/fake-registry.js';
import { AgentTools, type AgentToolsOptions } from './agent-tools.js';
import { installTool, type ToolInstall } from './install-tool.js';
import { sealTree } from './tool-seal.js';

const temporaryDirectory = useTemporaryDirectories();

const codex = agentTool('CODEX') as AgentTool;
const opencode = agentTool('OPENCODE') as AgentTool;
const host = { arch: 'x64', isMusl: false, hasAvx2: true };
const logger = createLogger('test', 'silent');
const signal = new AbortController().signal;

const codexPackage = (version: string, more: Partial<FakePackage> = {}): FakePackage => ({
  name: codex.package,
  version,
  files: { 'bin/codex.js': `console.log('codex-cli ${version}')` },
  manifest: { bin: { codex: 'bin/codex.js' } },
  ...more,
});

describe('programs of agents on a host', () => {
  let registry: FakeRegistry;
  let restore: () => void;
  let directory = '';
  let packages = '';
  let inUse = new Set<string>();
  let now = 0;
  let check: AgentToolsOptions['check'] = () => Promise.resolve();
  const opened: AgentTools[] = [];

  beforeAll(async () => {
    const own = await temporaryDirectory();
    registry = await FakeRegistry.start(join(own, 'registry'));
    restore = useRegistry(registry.url, join(own, 'npm'));
    for (const version of ['1.0.0', '1.1.0']) await registry.publish(codexPackage(version));
  });
  afterAll(async () => {
    restore();
    await registry.stop();
  });
  beforeEach(async () => {
    const own = await temporaryDirectory();
    directory = join(own, 'agents');
    packages = join(own, 'packages');
    inUse = new Set();
    check = () => Promise.resolve();
    await mkdir(packages);
  });
  afterEach(async () => {
    for (const tools of opened.splice(0)) await tools.stop();
  });

  const open = async (): Promise<AgentTools> => {
    const tools = await AgentTools.open({
      bridge: '/nowhere',
      directory,
      packages,
      host,
      logger,
      check: (...args) => check(...args),
      inUse: () => Promise.resolve(inUse),
      now: () => now,
    });
    opened.push(tools);
    return tools;
  };
  const wish = (version: string, number = 1) => ({ kind: 'CODEX', version, number });
  const agent = (version: string): AgentSpec => ({ ...AgentSpec.create(), kind: 'CODEX', version });
  /** Resolves when what it was told to do is done. */
  const settled = async (tools: AgentTools, wanted: readonly ReturnType<typeof wish>[]): Promise<void> => {
    const isDone = (): boolean =>
      wanted.every(({ version, number }) =>
        tools.report().some((tool) => tool.version === version && tool.state !== 'INSTALLING' && tool.number >= number),
      ) && tools.report().length === wanted.length;
    await new Promise<void>((resolve) => {
      tools.follow(() => {
        if (isDone()) resolve();
      });
      tools.want(wanted);
      if (isDone()) resolve();
    });
  };
  const states = (tools: AgentTools): Record<string, string> =>
    Object.fromEntries(tools.report().map(({ version, state }) => [version, state]));
  const present = (path: string): Promise<boolean> =>
    access(path).then(
      () => true,
      () => false,
    );
  /** Beside what is in place there is nothing. */
  const expectNoRemains = async (): Promise<void> => {
    expect((await readdir(directory)).filter((name) => name.startsWith('.'))).toEqual([]);
  };

  it('two versions are there side by side, tried before they are, and known after a restart', async () => {
    const tried: string[] = [];
    check = async (_tool, version, source) => {
      tried.push(version);
      expect(await present(join(directory, 'CODEX', version))).toBe(false);
      expect(await readFile(join(source, 'node_modules/.bin/codex'), 'utf8')).toContain(version);
    };
    const tools = await open();
    await settled(tools, [wish('1.0.0'), wish('1.1.0')]);
    expect(states(tools)).toEqual({ '1.0.0': 'READY', '1.1.0': 'READY' });
    expect(tried).toEqual(['1.0.0', '1.1.0']);
    expect(tools.mounts(agent('1.1.0'))).toEqual([
      { source: join(directory, 'CODEX', '1.1.0'), target: '/opt/heddle/agents/codex' },
    ]);
    expect((await stat(join(directory, 'CODEX', '1.0.0'))).mode & 0o777).toBe(0o755);
    await expectNoRemains();
    const again = await open();
    expect(states(again)).toEqual({ '1.0.0': 'READY', '1.1.0': 'READY' });
    expect(again.report()[0]).toMatchObject({ digest: tools.report()[0]?.digest, number: 0 });
  });

  it('a version that nobody wants any more goes, but not under a sandbox that was made with it', async () => {
    const tools = await open();
    await settled(tools, [wish('1.0.0')]);
    inUse = new Set(['CODEX/1.0.0']);
    await settled(tools, [wish('1.0.0', 2)]);
    tools.want([]);
    // Another install comes after it in the queue.
    (await tools.acquire(agent('1.1.0'), true, signal))();
    expect(states(tools)).toEqual({ '1.0.0': 'READY', '1.1.0': 'READY' });
    inUse = new Set();
    await settled(tools, []);
    expect(await readdir(join(directory, 'CODEX'))).toEqual([]);
  });

  it('one that is being given to a sandbox does not go either', async () => {
    const tools = await open();
    const release = await tools.acquire(agent('1.0.0'), true, signal);
    tools.want([]);
    (await tools.acquire(agent('1.1.0'), true, signal))();
    expect(states(tools)).toMatchObject({ '1.0.0': 'READY' });
    release();
    await settled(tools, []);
    expect(await readdir(join(directory, 'CODEX'))).toEqual([]);
    await expectNoRemains();
  });

  it('what is not wanted is said with the command that installs it', async () => {
    const tools = await open();
    await expect(tools.acquire(agent('9.9.9'), false, signal)).rejects.toMatchObject({
      reason: 'AGENT_NOT_INSTALLED',
      message: expect.stringContaining('heddle admin agents install CODEX --version 9.9.9'),
    });
    expect(tools.report()).toEqual([]);
    (await tools.acquire({ ...AgentSpec.create(), kind: 'COMMAND' }, true, signal))();
  });

  it('a crash in the middle leaves nothing that counts as installed', async () => {
    await mkdir(join(directory, '.installing-abc', 'node_modules'), { recursive: true });
    await mkdir(join(directory, 'CODEX', '1.0.0', 'node_modules'), { recursive: true });
    const tools = await open();
    expect(tools.report()).toEqual([]);
    await expectNoRemains();
    await settled(tools, [wish('1.0.0')]);
    expect(states(tools)).toEqual({ '1.0.0': 'READY' });
  });

  it('of two installs at once one is used, and both are right', async () => {
    await mkdir(directory, { recursive: true });
    const install: ToolInstall = {
      ...{ tool: codex, version: '1.0.0', directory, packages, host, signal },
      check: () => Promise.resolve(),
    };
    const [one, other] = await Promise.all([installTool(install), installTool(install)]);
    expect(one).toEqual(other);
    expect(await readdir(join(directory, 'CODEX'))).toEqual(['1.0.0']);
    await expectNoRemains();
  });

  it('a program that does not run here is not installed, and tried again when somebody asks', async () => {
    check = () => Promise.reject(new SandboxError('AGENT_INSTALL_FAILED', 'it says that it is 0.0.1'));
    const tools = await open();
    await settled(tools, [wish('1.0.0')]);
    expect(tools.report()[0]).toMatchObject({ state: 'FAILED', message: 'it says that it is 0.0.1' });
    await expect(tools.acquire(agent('1.0.0'), true, signal)).rejects.toMatchObject({
      reason: 'AGENT_INSTALL_FAILED',
      message: expect.stringContaining('heddle admin agents remove CODEX --version 1.0.0'),
    });
    expect(await present(join(directory, 'CODEX', '1.0.0'))).toBe(false);
    check = () => Promise.resolve();
    await settled(tools, [wish('1.0.0', 2)]);
    expect(states(tools)).toEqual({ '1.0.0': 'READY' });
    await expectNoRemains();
  });

  it('an install that failed is tried again by itself, after a pause that grows', async () => {
    let tries = 0;
    check = () => {
      tries += 1;
      return tries < 4 ? Promise.reject(new Error('not yet')) : Promise.resolve();
    };
    const tools = await open();
    // Another wish is carried out after what the first one began.
    const look = async (): Promise<number> => {
      tools.want([wish('1.0.0')]);
      await tools.acquire(agent('1.0.0'), true, signal).then(
        (release) => {
          release();
        },
        () => undefined,
      );
      return tries;
    };
    const minute = 60_000;
    const seen: number[] = [];
    for (now of [0, minute - 1, minute, 2 * minute, 3 * minute - 1, 3 * minute, 7 * minute]) seen.push(await look());
    expect(seen).toEqual([1, 1, 2, 2, 2, 3, 4]);
    expect(states(tools)).toEqual({ '1.0.0': 'READY' });
  });

  it('what a look finds broken waits for a person', async () => {
    const tools = await open();
    await settled(tools, [wish('1.0.0')]);
    check = () => Promise.reject(new Error('broken'));
    await settled(tools, [wish('1.0.0', 2)]);
    now += 100 * 3_600_000;
    tools.want([wish('1.0.0', 2)]);
    expect(states(tools)).toEqual({ '1.0.0': 'FAILED' });
  });

  it('a look at it finds a changed byte, and an install after it heals it', async () => {
    const tools = await open();
    await settled(tools, [wish('1.0.0')]);
    const file = join(directory, 'CODEX', '1.0.0', 'node_modules', codex.package, 'bin', 'codex.js');
    await writeFile(file, (await readFile(file, 'utf8')).replace('codex-cli', 'codex_cli'));
    await settled(tools, [wish('1.0.0', 2)]);
    expect(tools.report()[0]).toMatchObject({
      state: 'FAILED',
      message: expect.stringContaining('not what they were'),
    });
    await settled(tools, [wish('1.0.0', 3)]);
    expect(states(tools)).toEqual({ '1.0.0': 'READY' });
    expect(await readFile(file, 'utf8')).toContain('codex-cli');
  });

  it('no script of a package runs', async () => {
    const mark = join(directory, 'ran');
    const manifest = {
      bin: { codex: 'bin/codex.js' },
      scripts: { postinstall: `touch ${mark}`, install: `touch ${mark}` },
    };
    await registry.publish(codexPackage('2.0.0', { manifest }));
    const tools = await open();
    await settled(tools, [wish('2.0.0')]);
    expect(states(tools)).toEqual({ '2.0.0': 'READY' });
    expect(await present(mark)).toBe(false);
  });

  it('the pinned version has to be what the lock file says', async () => {
    const integrity = await registry.publish(codexPackage(codex.pinned));
    const lock = async (digest: string): Promise<void> => {
      const dependencies = { [codex.package]: codex.pinned };
      const entry = { version: codex.pinned, integrity: digest, bin: { codex: 'bin/codex.js' } };
      await mkdir(join(packages, 'codex'), { recursive: true });
      await writeFile(
        join(packages, 'codex', 'package.json'),
        JSON.stringify({ name: 'x', private: true, dependencies }),
      );
      const content = {
        name: 'x',
        lockfileVersion: 3,
        packages: { '': { dependencies }, [`node_modules/${codex.package}`]: entry },
      };
      await writeFile(join(packages, 'codex', 'package-lock.json'), JSON.stringify(content));
    };
    const tools = await open();
    await lock(`sha512-${Buffer.alloc(64).toString('base64')}`);
    await settled(tools, [wish(codex.pinned)]);
    expect(tools.report()[0]).toMatchObject({ state: 'FAILED', message: expect.stringContaining('EINTEGRITY') });
    await lock(integrity);
    await settled(tools, [wish(codex.pinned, 2)]);
    expect(tools.report()[0]).toMatchObject({ state: 'READY', locked: true });
  });

  it('what npm says is passed on without credentials', async () => {
    process.env['npm_config_registry'] = registry.url.replace('://', '://user:hunter2secret@');
    try {
      const tools = await open();
      await settled(tools, [wish('7.7.7')]);
      const { state, message } = tools.report()[0] ?? {};
      expect(state).toBe('FAILED');
      expect(message).toContain('7.7.7');
      expect(message).not.toContain('hunter2secret');
    } finally {
      process.env['npm_config_registry'] = registry.url;
    }
  });

  it('a native program takes the place of its package’s placeholder; one for another host is not enough', async () => {
    const program = (name: string): FakePackage => ({
      name,
      version: '3.0.0',
      files: { 'bin/opencode': `native ${name}` },
    });
    await registry.publish(program('opencode-linux-x64'));
    await registry.publish(program('opencode-linux-x64-baseline'));
    const names = ['opencode-linux-x64', 'opencode-linux-x64-baseline'];
    await registry.publish({
      ...{ name: opencode.package, version: '3.0.0', files: { 'bin/opencode.exe': 'placeholder' } },
      manifest: {
        bin: { opencode: 'bin/opencode.exe' },
        optionalDependencies: Object.fromEntries(names.map((name) => [name, '3.0.0'])),
      },
    });
    await mkdir(directory, { recursive: true });
    const install = (on: typeof host): ToolInstall => ({
      ...{ tool: opencode, version: '3.0.0', directory, packages, host: on, signal },
      check: () => Promise.resolve(),
    });
    await expect(installTool(install({ ...host, isMusl: true }))).rejects.toMatchObject({
      reason: 'AGENT_INSTALL_FAILED',
      message: expect.stringContaining('opencode-linux-x64-musl'),
    });
    await installTool(install(host));
    const modules = join(directory, 'OPENCODE', '3.0.0', 'node_modules');
    expect(await readFile(join(modules, '.bin', 'opencode'), 'utf8')).toBe('native opencode-linux-x64');
    expect(await readdir(modules)).not.toContain('opencode-linux-x64-baseline');
    await expectNoRemains();
  });

  it('a tree that leads out of itself is refused', async () => {
    const tree = await temporaryDirectory();
    await symlink('/etc/passwd', join(tree, 'passwd'));
    const sealing = sealTree(tree, { kind: 'CODEX', version: '1.0.0', locked: false });
    await expect(sealing).rejects.toMatchObject({ reason: 'AGENT_INSTALL_FAILED' });
  });
});
