// Run as an ordinary user: says, as JSON, what the weaker driver does for one.
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { walkUpper } from '../capture/walk-upper.js';
import { openDriver } from '../drivers/open-driver.js';
import { removeTree } from '../workspace/remove-tree.js';
import { runSelfTest } from '../self-test/self-test.js';
import { runInBox } from './run-in-box.js';

const [, , directory = ''] = process.argv;
const uid = process.getuid?.() ?? 0;
const refused = await openDriver({ mode: '', directory }).then(
  () => '',
  (error: unknown) => String(error),
);
const driver = await openDriver({ mode: 'rootless-weak', directory });
await runSelfTest(driver, join(directory, 'self-test'));
const base = join(directory, 'base');
await mkdir(base, { recursive: true });
for (const name of ['kept', 'gone']) await writeFile(join(base, name), name);
const keepAlive = setInterval(() => undefined, 1_000);
const run = await runInBox(
  driver,
  directory,
  base,
  uid,
  'id -u; cat kept; rm gone; echo new > added; (setsid sleep 1000 &); exit 6',
);
clearInterval(keepAlive);
const found = await walkUpper({ upper: run.upper, base, submodules: [], attributePrefix: 'user.overlay.' });
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
