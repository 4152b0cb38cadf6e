// Run as an ordinary user, or as root of a user namespace: says, as JSON, what a driver without root of the host does.
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { walkUpper } from '../capture/walk-upper.js';
import { openDriver, type SandboxMode } from '../drivers/open-driver.js';
import { removeTree } from '../workspace/remove-tree.js';
import { runSelfTest } from '../self-test/self-test.js';
import { runInBox } from './run-in-box.js';

const [, , directory = '', mode = 'rootless-weak'] = process.argv;
const own = process.getuid?.() ?? 0;
const uid = own === 0 ? 1_000 : own;
const refused = await openDriver({ mode: '', directory }).then(
  () => '',
  (error: unknown) => String(error),
);
const driver = await openDriver({ mode: mode as SandboxMode, directory });
await runSelfTest(driver, join(directory, 'self-test'));
const base = join(directory, 'base');
await mkdir(base, { recursive: true });
for (const name of ['kept', 'gone']) await writeFile(join(base, name), name);
if (own === 0) for (const path of [base, join(base, 'kept'), join(base, 'gone')]) await chown(path, uid, uid);
const keepAlive = setInterval(() => undefined, 1_000);
const run = await runInBox(
  driver,
  directory,
  base,
  uid,
  'id -u; cat kept; rm gone; echo new > added; (setsid sleep 1000 &); exit 6',
);
clearInterval(keepAlive);
const { attributePrefix = 'user.overlay.' } = driver;
const found = await walkUpper({ upper: run.upper, base, submodules: [], attributePrefix });
const locked = join(directory, 'locked');
await mkdir(join(locked, 'inner', 'innermost'), { recursive: true });
await chmod(join(locked, 'inner'), 0);
await removeTree(locked);
process.stdout.write(
  JSON.stringify({
    removed: !existsSync(locked),
    refused,
    description: driver.description,
    stdout: run.stdout,
    exitCode: run.exitCode,
    changes: found.changes.map((change) => `${change.kind} ${change.path.toString()}`),
    base: await readdir(base),
  }),
);
