import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chmod, chown, mkdir, open, readdir, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { SandboxDriver } from '@heddle/sandbox';
import { openWeakenedDriver, PROTECTIONS, runInBox, type BoxRun, type Protection } from '@heddle/sandbox/testing';
import { useTemporaryDirectories } from '@heddle/testing';
import { eventually } from '../../support/bounds.js';
import { PRELUDE } from './abuse.js';
import { ABUSES } from './abuses/index.js';
import { HostBait } from './host-facts.js';

type Limits = NonNullable<Parameters<typeof runInBox>[5]>['limits'];

interface Case {
  readonly abuse: string;
  /** From the run of the abuse's script; by default it exits 0 where the protection holds. */
  readonly held?: (run: BoxRun) => boolean;
}

const MIB = 1024 * 1024;
const UID = 150_001;

const wasStopped = ({ exitCode }: BoxRun): boolean => exitCode !== 0;

/**
 * What is taken away, and an abuse that has to notice. Each stops at its first success, 02 before it writes a setting of
 * the host. 06 is left out: it would stop process 1 of its box for good.
 */
const WITHOUT: readonly (Case & { readonly weakened: readonly Protection[]; readonly limits?: Limits })[] = [
  { weakened: ['seccomp'], abuse: '32' },
  { weakened: ['seccomp'], abuse: '33' },
  { weakened: ['noUserNamespaces', 'seccomp'], abuse: '08' },
  { weakened: ['dropUid'], abuse: '02' },
  { weakened: ['noCapabilities'], abuse: '11' },
  { weakened: ['newSession'], abuse: '31' },
  { weakened: ['networkNamespace'], abuse: '12' },
  { weakened: ['networkNamespace'], abuse: '13' },
  { weakened: ['pidNamespace'], abuse: '04' },
  { weakened: ['ipcNamespace'], abuse: '41' },
  { weakened: ['utsNamespace'], abuse: '42' },
  { weakened: ['hostFiles'], abuse: '01' },
  { weakened: ['readOnlyRoot'], abuse: '34' },
  { weakened: ['readOnlyPrograms'], abuse: '34' },
  { weakened: ['readOnlyDevices'], abuse: '34' },
  { weakened: ['readOnlySettings'], abuse: '02' },
  { weakened: ['clearEnvironment'], abuse: '03' },
  { weakened: ['hiddenArguments'], abuse: '03' },
  { weakened: ['sharedMemorySize'], abuse: '17b', limits: { shmBytes: 16 * MIB }, held: wasStopped },
  { weakened: ['temporarySize'], abuse: '17c', limits: { tmpBytes: 16 * MIB }, held: wasStopped },
];

/** Limits that are left out; the abuses take no more of the host than they say. */
const WITHOUT_LIMIT: readonly (Case & { readonly limits: NonNullable<Limits> })[] = [
  { limits: { processes: 64 }, abuse: '16b', held: wasStopped },
  { limits: { memoryBytes: 256 * MIB }, abuse: '17d', held: wasStopped },
  { limits: { diskBytes: 128 * MIB, diskInodes: 20_000 }, abuse: '19', held: wasStopped },
  { limits: { diskBytes: 128 * MIB, diskInodes: 20_000 }, abuse: '20', held: wasStopped },
  { limits: { openFiles: 100 }, abuse: '35' },
];

(process.getuid?.() === 0 ? describe : describe.skip)('the abuses fail where their protection is off', () => {
  let directory: string;
  let base: string;
  let bait: HostBait;
  let whole: SandboxDriver;

  beforeAll(async () => {
    directory = await temporary('weakened');
    await chmod(directory, 0o755);
    base = join(directory, 'base');
    await mkdir(join(base, 'src'), { recursive: true });
    await writeFile(join(base, 'src', 'cart.txt'), 'a cart\n');
    for (const path of ['', 'src', 'src/cart.txt']) await chown(join(base, path), UID, UID);
    bait = await HostBait.lay(join(directory, 'bait'), directory);
    whole = await openWeakenedDriver({ mode: '', directory: join(directory, 'whole') }, []);
  });
  afterAll(async () => {
    bait.take();
    await whole.close();
  });

  async function outcome(driver: SandboxDriver, { abuse: id, held }: Case, limits: Limits): Promise<string> {
    const abuse = ABUSES.find((each) => each.id === id);
    if (abuse === undefined) throw new Error(`There is no abuse ${id}`);
    const script = `${PRELUDE}${held === undefined ? 'set -e\n' : ''}${abuse.script(bait.facts)}`;
    const run = await runInBox(driver, directory, base, UID, script, limits === undefined ? {} : { limits });
    const { exitCode, stdout, stderr } = run;
    return (held?.(run) ?? exitCode === 0) ? 'held' : `failed (${String(exitCode)}): ${stdout}${stderr}`;
  }

  it.each(WITHOUT)('without $weakened: $abuse', async ({ weakened, limits, ...tried }) => {
    expect(await outcome(whole, tried, limits)).toBe('held');
    const weak = await openWeakenedDriver({ mode: '', directory: join(directory, 'weak') }, weakened);
    try {
      expect(await outcome(weak, tried, limits)).not.toBe('held');
    } finally {
      await weak.close();
    }
  });

  it.each(WITHOUT_LIMIT)('without the limit $limits: $abuse', async ({ limits, ...tried }) => {
    expect(await outcome(whole, tried, limits)).toBe('held');
    expect(await outcome(whole, tried, {})).not.toBe('held');
  });

  it.each([
    ['its own uid', UID + 1, 0],
    ["the taker's uid", UID, 1],
  ])('40: a neighbour with %s, once one has taken all inotify instances of its uid', async (_, uid, exitCode) => {
    const inotify = 'my $n = (`uname -m` =~ /x86/) ? 294 : 26;';
    const hold = 'open(my $hold, "<", "hold"); <$hold>';
    const taker = runInBox(
      whole,
      directory,
      base,
      UID,
      `mkfifo hold; perl -e '${inotify} 1 while syscall($n, 0) >= 0; ${hold}'`,
    );
    const fifo = await eventually('the taker is there', async () => {
      for (const name of await readdir(directory)) {
        const path = join(directory, name, 'box', 'merged', 'hold');
        if (existsSync(path)) return path;
      }
      return undefined;
    });
    // Opens once the taker, at its other end, has all.
    const held = await open(fifo, 'w');
    const victim = await runInBox(
      whole,
      directory,
      base,
      uid,
      `perl -e '${inotify} exit(syscall($n, 0) >= 0 ? 0 : 1)'`,
    );
    await held.close();
    await taker;
    expect(victim.exitCode).toBe(exitCode);
  });

  it('tries every protection that can be taken away', () => {
    const tried = new Set<string>(['userPerSandbox', ...WITHOUT.flatMap(({ weakened }) => weakened)]);
    expect(PROTECTIONS.filter((protection) => !tried.has(protection))).toEqual([]);
  });
});

// After the hooks above: directories go when nothing uses them any more.
const temporary = useTemporaryDirectories();
