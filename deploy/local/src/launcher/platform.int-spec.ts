import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { identify, isAlive, type ProcessIdentity } from '../processes/process-identity.js';
import { BROKEN, HTTP, SOCKET, STUBBORN, writeSmallServices } from '../spec-support/small-services.js';
import type { ServiceDefinition } from './service-table.js';
import { useTemporaryDirectories } from '../spec-support/temporary.js';
import { startPlatform } from './platform.js';
import type { PlatformOptions, RunningPlatform } from './running-platform.js';
import { REPOSITORY_ROOT } from './repository-root.js';
import { runJsonFile, type RunJson } from './run-json.js';

const SERVERS = ['postgres', 'nats', 'temporal'];
const NAMES = [...SERVERS, 'web', 'supervisor'];
const temporary = useTemporaryDirectories();

async function options(services = [HTTP, SOCKET]): Promise<PlatformOptions & { dataDir: string }> {
  const root = await writeSmallServices(await temporary());
  return { dataDir: await temporary(), ports: { http: 0, grpc: 0 }, services, repositoryRoot: root };
}

/** The same, told of servers elsewhere, which these services never ask for: then none is started. */
async function withoutServers(services: readonly ServiceDefinition[]): Promise<PlatformOptions & { dataDir: string }> {
  const elsewhere = {
    HEDDLE_DATABASE_URL: 'postgres://db.example.com/heddle',
    HEDDLE_NATS_URL: 'nats://nats.example.com',
    HEDDLE_TEMPORAL_ADDRESS: 'temporal.example.com:7233',
  };
  return { ...(await options([...services])), env: { ...process.env, ...elsewhere } };
}

function identities({ processes }: Pick<RunJson, 'processes'>): ProcessIdentity[] {
  return processes.flatMap(({ pid }) => identify(pid) ?? []);
}

describe('a running platform', () => {
  let platform: RunningPlatform;
  let chosen: PlatformOptions & { dataDir: string };

  beforeAll(async () => {
    chosen = await options();
    platform = await startPlatform(chosen);
  });
  afterAll(() => platform.stop());

  const written = (): RunJson => JSON.parse(readFileSync(runJsonFile(chosen.dataDir), 'utf8')) as RunJson;

  it('says in run.json what clients need, to its owner alone', () => {
    expect(written()).toEqual(platform.runJson);
    expect(
      written()
        .processes.map(({ name }) => name)
        .sort(),
    ).toEqual([...NAMES].sort());
    expect(statSync(runJsonFile(chosen.dataDir)).mode & 0o777).toBe(0o600);
    expect(statSync(join(chosen.dataDir, 'secrets', 'admin-token')).mode & 0o777).toBe(0o600);
  });

  it.each(NAMES)('starts %s again when it is killed, and keeps run.json true', async (name) => {
    const killed = platform.kill(name);
    await platform.waitRestarted(name);
    const now = written().processes.find((process) => process.name === name)?.pid;
    expect(now).not.toBe(killed);
    expect(identify(now ?? 0)).toBeDefined();
  });

  it('refuses a second one beside it, with its pid', async () => {
    await expect(startPlatform(chosen)).rejects.toMatchObject({
      reason: 'DATA_DIRECTORY_IN_USE',
      message: expect.stringContaining(`pid ${process.pid}`),
    });
  });

  it('leaves no process and no run.json when it stops', async () => {
    const running = identities(platform.runJson);
    await platform.stop();
    expect(running).toHaveLength(NAMES.length);
    expect(running.filter(isAlive)).toEqual([]);
    expect(existsSync(runJsonFile(chosen.dataDir))).toBe(false);
  });
});

describe('a start that fails', () => {
  it('says what the process said last, and leaves nothing running', async () => {
    const chosen = await withoutServers([HTTP, BROKEN]);
    await expect(startPlatform(chosen)).rejects.toMatchObject({
      reason: 'PROCESS_NOT_READY',
      message: expect.stringContaining('the reason why it cannot start'),
    });
    expect(recorded(chosen.dataDir)).toEqual([]);
    const next = await startPlatform({ ...chosen, services: [HTTP] });
    await next.stop();
  });

  it('is given up when it is told to, and leaves nothing running', async () => {
    const chosen = await withoutServers([HTTP, { ...HTTP, name: 'never', entry: 'never.mjs', startGroup: 2 }]);
    await writeFile(join(chosen.repositoryRoot ?? '', 'never.mjs'), 'setInterval(() => undefined, 60_000);');
    const giveUp = new AbortController();
    const seen: ProcessIdentity[] = [];
    const say = (line: string): void => {
      if (!line.startsWith('web serves')) return;
      seen.push(...recorded(chosen.dataDir));
      giveUp.abort();
    };
    await expect(startPlatform({ ...chosen, say, signal: giveUp.signal })).rejects.toMatchObject({
      reason: 'START_ABORTED',
    });
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.filter(isAlive)).toEqual([]);
  });

  it('says which build is missing', async () => {
    const chosen = await withoutServers([{ ...HTTP, entry: 'not-built.mjs' }]);
    await expect(startPlatform(chosen)).rejects.toMatchObject({ reason: 'ENTRY_POINT_MISSING' });
  });
});

describe('a process that ignores the request to end', () => {
  it('is killed at its deadline', async () => {
    const platform = await startPlatform(await withoutServers([STUBBORN]));
    const running = identities(platform.runJson);
    expect(running).toHaveLength(1);
    await platform.stop();
    expect(running.filter(isAlive)).toEqual([]);
  });
});

describe('a launcher that was killed', () => {
  it.each([
    ['with its record', false],
    ['without its record', true],
  ])('leaves nothing that the next start does not end, %s', async (_, withoutRecord) => {
    const chosen = await options();
    const launcher = await launchElsewhere(chosen);
    const orphans = identities(readRunJson(chosen.dataDir));
    launcher.kill('SIGKILL');
    await once(launcher, 'exit');
    expect(orphans.filter(isAlive)).toHaveLength(NAMES.length);

    if (withoutRecord) rmSync(join(chosen.dataDir, 'processes.json'));
    const next = await startPlatform(chosen);
    expect(orphans.filter(isAlive)).toEqual([]);
    await next.stop();
  });

  it('leaves a Postgres lock file that names a stranger, which does not stop the next start', async () => {
    const chosen = await options([]);
    await (await startPlatform(chosen)).stop();
    const stranger = `${process.pid}\n${join(chosen.dataDir, 'postgres')}\n`;
    await writeFile(join(chosen.dataDir, 'postgres', 'postmaster.pid'), stranger);
    const next = await startPlatform(chosen);
    expect(next.runJson.processes.map(({ name }) => name)).toContain('postgres');
    await next.stop();
  });
});

/** Who is running, as the launcher wrote it down. */
function recorded(dataDir: string): ProcessIdentity[] {
  const { processes } = JSON.parse(readFileSync(join(dataDir, 'processes.json'), 'utf8')) as {
    processes: ProcessIdentity[];
  };
  return processes;
}

function readRunJson(dataDir: string): RunJson {
  return JSON.parse(readFileSync(runJsonFile(dataDir), 'utf8')) as RunJson;
}

/** A launcher in a process of its own, up. */
async function launchElsewhere(chosen: PlatformOptions): Promise<ChildProcess> {
  const script = `
    import { startPlatform } from ${JSON.stringify(join(REPOSITORY_ROOT, 'deploy/local/dist/index.js'))};
    const options = JSON.parse(process.argv[1]);
    for (const service of options.services) service.settings = () => ({});
    await startPlatform(options);
    console.log('up');
    setInterval(() => undefined, 60_000);`;
  const { NODE_OPTIONS: _ours, ...env } = process.env;
  const launcher = spawn(process.execPath, ['--input-type=module', '--eval', script, JSON.stringify(chosen)], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = (await Promise.race([once(launcher.stdout, 'data'), once(launcher, 'exit')])) as [unknown];
  if (String(said).trim() !== 'up') throw new Error(`the launcher ended: ${String(said)}`);
  return launcher;
}
