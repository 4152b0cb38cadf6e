import { chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SandboxDriver } from '../drivers/sandbox-driver.js';
import { SandboxError } from '../sandbox-error.js';
import { boxPaths } from '../workspace/box-paths.js';
import { removeTree } from '../workspace/remove-tree.js';
import { ISOLATION_PROBES } from './isolation-probes.js';

const SECRET = 'heddle-self-test-secret';
const LIMIT_MS = 20_000;

/**
 * Proves on this very host, in a throw-away box, that the boundary holds; SANDBOX_SELF_TEST_FAILED with the probes that
 * failed. A driver without a boundary has nothing to prove.
 * @param directory removed and made anew: a supervisor may have died in the middle of its own self-test
 */
export async function runSelfTest(driver: SandboxDriver, directory: string): Promise<void> {
  if (driver.description.boundary === 'NONE') return;
  await removeTree(directory);
  const base = join(directory, 'base');
  await mkdir(base, { recursive: true, mode: 0o755 });
  await writeFile(join(base, 'tracked'), 'base\n', { mode: 0o644 });
  // Outside of every box: nothing inside may read it.
  await writeFile(join(directory, 'secret'), SECRET, { mode: 0o644 });
  const uid = process.getuid?.() === 0 ? 199_999 : (process.getuid?.() ?? 0);
  if (process.getuid?.() === 0) for (const path of [base, join(base, 'tracked')]) await chown(path, uid, uid);
  const box = {
    name: `self-test-${String(process.pid)}`,
    paths: boxPaths(join(directory, 'box')),
    layers: [{ path: base, removed: [] }],
    uid,
    limits: {},
  };
  const spool = { stdout: join(directory, 'out'), stderr: join(directory, 'err') };
  const script = ISOLATION_PROBES.map(
    ({ name, script }) => `if ( ${script} ) >/dev/null 2>&1; then echo "ok ${name}"; else echo "bad ${name}"; fi`,
  );
  try {
    await driver.create(box);
    const child = await driver.spawn(
      box,
      {
        id: 'probe',
        command: ['/bin/sh', '-c', script.join('\n')],
        environment: { SECRET_PATH: join(directory, 'secret'), HOST_PID: String(process.pid) },
        spool,
        outputCapBytes: 65_536,
        stdin: 'closed',
      },
      () => Promise.resolve(),
    );
    await inTime(child.exited);
    await driver.kill(box, LIMIT_MS);
    await inTime(child.drained);
    judge(await readFile(spool.stdout, 'utf8'), await readFile(spool.stderr, 'utf8'));
  } finally {
    await driver.kill(box, LIMIT_MS);
    await driver.destroy(box);
    await removeTree(directory);
  }
}

function judge(output: string, errors: string): void {
  const passed = new Set(
    output
      .split('\n')
      .filter((line) => line.startsWith('ok '))
      .map((line) => line.slice(3)),
  );
  const failed = ISOLATION_PROBES.filter(({ name }) => !passed.has(name)).map(({ name }) => name);
  if (failed.length === 0) return;
  const detail = errors.trim() === '' ? '' : ` (${errors.trim().slice(0, 500)})`;
  throw new SandboxError(
    'SANDBOX_SELF_TEST_FAILED',
    `The sandbox does not hold on this host; agents are not run. Failed: ${failed.join('; ')}${detail}`,
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
