import { expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { REPOSITORY_ROOT } from '@heddle/local';
import { useTemporaryDirectories } from '@heddle/testing';
import { expectNothingLeft } from '../support/platform/quiet.js';
import { withoutSettings } from '../support/platform/use-platform.js';

const temporary = useTemporaryDirectories();

it('a launcher whose reader has gone stops everything, as on Ctrl-C', async () => {
  const data = await temporary('data');
  const launcher = spawn(process.execPath, [join(REPOSITORY_ROOT, 'deploy/local/dist/main.js')], {
    env: { ...withoutSettings(process.env), HEDDLE_DATA_DIR: data, HEDDLE_HTTP_PORT: '0', HEDDLE_GRPC_PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(launcher, 'exit');
  await once(launcher.stdout, 'data');
  launcher.stdout.destroy();
  const [code, signal] = (await ended) as [number | null, NodeJS.Signals | null];
  expect({ code, signal }).toEqual({ code: 1, signal: null });
  expectNothingLeft(data);
});
