import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { chmod, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory } from '@heddle/local';
import { engineForTests } from '@heddle/sandbox/testing';
import { temporaryDirectory } from '@heddle/testing';
import type { Attempt } from '@heddle/sdk';
import type { RestDoor } from '../../support/doors/rest-door.js';
import { LauncherProcess } from '../../support/platform/launcher-process.js';
import { ABUSES } from './abuses/index.js';
import { expectHeld } from './expect-held.js';
import { HostBait } from './host-facts.js';
import { makeOrigin, runSuite, type Result } from './run-suite.js';

const { socket = '', absent } = engineForTests();

jest.setTimeout(600_000);
(absent === undefined ? describe : describe.skip)(
  `containers${absent === undefined ? '' : ` [skipped: ${absent}]`}`,
  () => {
    let directory: string;
    let launcher: LauncherProcess | undefined;
    let rest: RestDoor;
    let bait: HostBait | undefined;
    let results: Result[];

    beforeAll(async () => {
      directory = await temporaryDirectory('container');
      await chmod(directory, 0o755);
      const origin = await makeOrigin(join(directory, 'scratch'));
      const data = join(directory, 'data');
      launcher = LauncherProcess.start(data, {
        env: {
          HEDDLE_SANDBOX: 'container',
          HEDDLE_CONTAINER_HOST: `unix://${socket}`,
          HEDDLE_CACHE_DIR: cacheDirectory(process.env),
        },
      });
      await launcher.up();
      rest = await launcher.door();
      bait = await HostBait.lay(join(directory, 'bait'), data);
      results = await runSuite({ rest, facts: bait.facts, origin, mode: 'container' }, ABUSES);
    }, 600_000);
    afterAll(async () => {
      bait?.take();
      await launcher?.end('SIGTERM');
      await rm(directory, { recursive: true, force: true });
    }, 600_000);

    it('hold against every abuse but the stated gaps, and docs/security.md says so', async () => {
      await expectHeld('container', results);
    });

    it('are what attempts say they ran in, with what that lacks', async () => {
      const { attempts } = await rest.get<{ attempts: Attempt[] }>('/v1/attempts?pageSize=200');
      const gaps = new Set(ABUSES.flatMap(({ gaps: of }) => of?.container ?? []));
      for (const { sandbox } of attempts) {
        expect(sandbox).toMatchObject({ driver: 'CONTAINER', boundary: 'CONTAINER' });
        for (const gap of ['user namespace', ...gaps]) expect(sandbox?.missing.join('; ')).toContain(gap);
      }
    });
  },
);
