import { chown, lstat, mkdir, readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BoxSpec, SandboxDriver } from '../drivers/sandbox-driver.js';
import { subordinateIds } from '../native/mapped-ids.js';
import { SandboxError } from '../sandbox-error.js';
import { boxPaths } from '../workspace/box-paths.js';
import { removeTree } from '../workspace/remove-tree.js';
import { CALL_PROBE_NAMES, CALL_PROBES_SCRIPT, probeCalls } from './call-probes.js';
import { isolationProbes, PROBE_TMPFS_BYTES, type IsolationProbe, type ProbeFacts } from './isolation-probes.js';

const SECRET = 'heddle-self-test-secret';
const LIMIT_MS = 20_000;
/** Uids that only the self-test uses; in a user namespace the last that it has. */
function trialUids(): { readonly base: number; readonly box: number } {
  const { first, count } = subordinateIds() ?? { first: 0, count: 200_000 };
  return { base: first + count - 4, box: first + count - 1 };
}

const WRITTEN_BY_ITS_USER = 'on the host its files belong to its user';

function scriptOf(probes: readonly IsolationProbe[]): string {
  const lines = probes.map(
    ({ name, script }) => `if ( ${script} ) >/dev/null 2>&1; then echo "ok ${name}"; else echo "bad ${name}"; fi`,
  );
  return [...lines, CALL_PROBES_SCRIPT].join('\n');
}

/**
 * Proves on this very host, in a throw-away box, that the boundary holds; SANDBOX_SELF_TEST_FAILED with the probes that
 * failed. A driver without a boundary has nothing to prove.
 * @param directory removed and made anew: a supervisor may have died in the middle of its own self-test
 */
export async function runSelfTest(driver: SandboxDriver, directory: string): Promise<void> {
  if (driver.description.boundary === 'NONE') return;
  await removeTree(directory);
  const box = await makeBox(driver, directory);
  const probes = isolationProbes(driver.description.driver);
  const spool = { stdout: join(directory, 'out'), stderr: join(directory, 'err') };
  try {
    await driver.create(box);
    const child = await driver.spawn(
      box,
      {
        id: 'probe',
        command: ['/bin/sh', '-c', scriptOf(probes)],
        environment: { ...(await facts(directory)), PROBE_CALLS: probeCalls(process.arch) },
        spool,
        outputCapBytes: 65_536,
      },
      () => Promise.resolve(),
    );
    await inTime(child.exited);
    await driver.kill(box, LIMIT_MS);
    await inTime(child.drained);
    const outcome = await readFile(spool.stdout, 'utf8');
    judge(probes, `${outcome}\n${await lookFromOutside(box)}`, await readFile(spool.stderr, 'utf8'));
  } finally {
    await driver.kill(box, LIMIT_MS);
    await driver.destroy(box);
    await removeTree(directory);
  }
}

/** A box of a user that is not the owner of its base, where the driver can have that. */
async function makeBox(driver: SandboxDriver, directory: string): Promise<BoxSpec> {
  const root = process.getuid?.() === 0;
  const trial = trialUids();
  const uid = root ? trial.box : (process.getuid?.() ?? 0);
  const owner = root && driver.description.usersPerSandbox ? trial.base : uid;
  const base = join(directory, 'base');
  await mkdir(base, { recursive: true, mode: 0o755 });
  await writeFile(join(base, 'tracked'), 'base\n', { mode: 0o644 });
  // Root's where the platform is root, else nobody's to read.
  await writeFile(join(base, 'private'), SECRET, { mode: root ? 0o600 : 0o000 });
  // Outside of every box: nothing inside may read it.
  await writeFile(join(directory, 'secret'), SECRET, { mode: 0o644 });
  if (root) for (const path of [base, join(base, 'tracked')]) await chown(path, owner, owner);
  return {
    name: `self-test-${String(process.pid)}`,
    paths: boxPaths(join(directory, 'box')),
    layers: [{ path: base, removed: [], owner }],
    uid,
    insideUid: owner,
    limits: { tmpBytes: PROBE_TMPFS_BYTES, shmBytes: PROBE_TMPFS_BYTES },
  };
}

async function facts(directory: string): Promise<Record<keyof ProbeFacts, string>> {
  const names = await readdir('/proc/self/ns');
  const namespaces = await Promise.all(names.map((name) => readlink(`/proc/self/ns/${name}`).catch(() => '')));
  return {
    SECRET_PATH: join(directory, 'secret'),
    HOST_PID: String(process.pid),
    BOX_PATH: join(directory, 'box'),
    HOST_NAMESPACES: namespaces.join(' '),
  };
}

/** Whose the files are that the box wrote can only be seen from here. */
async function lookFromOutside({ paths, uid }: BoxSpec): Promise<string> {
  const written = await lstat(join(paths.upper, 'new')).catch(() => undefined);
  return `${written?.uid === uid ? 'ok' : 'bad'} ${WRITTEN_BY_ITS_USER}`;
}

function judge(probes: readonly IsolationProbe[], output: string, errors: string): void {
  const names = [...probes.map(({ name }) => name), ...CALL_PROBE_NAMES, WRITTEN_BY_ITS_USER];
  const good = new Set(
    output.split('\n').flatMap((line) => /^(?:ok|skip) (?<name>.*)$/.exec(line)?.groups?.['name'] ?? []),
  );
  const failed = names.filter((name) => !good.has(name));
  if (failed.length === 0) return;
  const detail = errors.trim() === '' ? '' : ` (${errors.trim().slice(0, 500)})`;
  throw new SandboxError(
    'SANDBOX_SELF_TEST_FAILED',
    `The sandbox does not hold on this host; agents are not run. Failed: ${failed.join('; ')}${detail}`,
    { failedProbes: failed },
  );
}

async function inTime(event: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new SandboxError('SANDBOX_SELF_TEST_FAILED', 'the self-test of the sandbox did not end in time'));
    }, LIMIT_MS);
  });
  try {
    await Promise.race([event, limit]);
  } finally {
    clearTimeout(timer);
  }
}
