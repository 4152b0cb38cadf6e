import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory, REPOSITORY_ROOT } from '@heddle/local';
import { temporaryDirectory } from '@heddle/testing';
import type { Attempt } from '@heddle/sdk';
import type { RestDoor } from '../../support/doors/rest-door.js';
import { LauncherProcess } from '../../support/platform/launcher-process.js';
import { closedDirectory } from '../../support/host/closed-directory.js';
import { ABUSES } from './abuses/index.js';
import { expectHeld } from './expect-held.js';
import { HostBait } from './host-facts.js';
import { makeOrigin, runSuite, type Result } from './run-suite.js';

/** `nobody`: Postgres runs as users of the host's table only. */
const UID = 65_534;
const closed = [REPOSITORY_ROOT, process.execPath].map(closedDirectory).find((path) => path !== undefined);
const reason =
  process.getuid?.() !== 0 ? 'needs root to become an ordinary user' : closed && `${closed} is closed to other users`;

jest.setTimeout(600_000);
(reason === undefined ? describe : describe.skip)(
  `rootless-weak, as an ordinary user${reason === undefined ? '' : ` (${reason})`}`,
  () => {
    let directory: string;
    let launcher: LauncherProcess | undefined;
    let rest: RestDoor;
    let bait: HostBait | undefined;
    let results: Result[];

    beforeAll(async () => {
      directory = await temporaryDirectory('rootless');
      await chmod(directory, 0o755);
      const home = join(directory, 'home');
      await mkdir(home);
      const origin = await makeOrigin(join(directory, 'scratch'));
      execFileSync('chown', ['-R', `${String(UID)}:${String(UID)}`, home, join(directory, 'scratch')]);
      launcher = LauncherProcess.start(join(home, 'data'), {
        uid: UID,
        env: { HOME: home, HEDDLE_SANDBOX: 'rootless-weak', HEDDLE_CACHE_DIR: cacheDirectory(process.env) },
      });
      await launcher.up();
      rest = await launcher.door();
      bait = await HostBait.lay(join(directory, 'bait'), join(home, 'data'));
      results = await runSuite({ rest, facts: bait.facts, origin, mode: 'rootless-weak' }, ABUSES);
    }, 600_000);
    afterAll(async () => {
      bait?.take();
      await launcher?.end('SIGTERM');
      await rm(directory, { recursive: true, force: true });
    }, 600_000);

    it('holds against every abuse but the stated gaps, and docs/security.md says so', async () => {
      await expectHeld('rootless-weak', results);
    });

    it('lists on every attempt what it lacks', async () => {
      const { attempts } = await rest.get<{ attempts: Attempt[] }>('/v1/attempts?pageSize=200');
      const gaps = new Set(ABUSES.flatMap(({ gaps }) => gaps?.['rootless-weak'] ?? []));
      for (const { sandbox } of attempts) {
        expect(sandbox?.boundary).toBe('USER_NAMESPACE');
        for (const gap of gaps) expect(sandbox?.missing.join('; ')).toContain(gap);
      }
    });
  },
);
