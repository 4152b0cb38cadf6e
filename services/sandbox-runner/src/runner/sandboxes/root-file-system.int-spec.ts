import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EnvironmentSetup, NetworkPolicy, NetworkRule, RootFilesystem } from '@heddle/contracts';
import { makeRootDirectory, useTemporaryDirectories } from '@heddle/testing';
import { SetupAttempts, type SpecOf } from '../../testing/setup-attempts.js';
import { toActivityFailure } from '../activities/activity-failure.js';

let attempts: SetupAttempts;
let roots = '';

beforeAll(async () => {
  const directory = await temporary('roots');
  roots = join(directory, 'allowed');
  await makeRootDirectory(join(roots, 'small'), ['sh', 'bash', 'cat', 'ls', 'mkdir', 'cp']);
  // It keeps certificates, and not where the host does.
  await mkdir(join(roots, 'small', 'etc', 'ssl', 'own'), { recursive: true });
  await makeRootDirectory(join(roots, 'other'), ['sh', 'bash', 'cat', 'ls', 'mkdir', 'cp', 'id']);
  await makeRootDirectory(join(directory, 'elsewhere'), ['sh', 'bash']);
  attempts = await SetupAttempts.start(directory);
  const { harness } = attempts;
  harness.supervisorEnvironment['HEDDLE_ROOTFS_DIRECTORIES'] = `/nowhere:${roots}`;
  await harness.signalSupervisor('SIGUSR2');
  harness.startSupervisor();
  await harness.restartRunner();
});

afterAll(async () => {
  expect(await attempts.harness.stop()).toEqual([]);
});

// After the hook above: directories go when nothing uses them any more.
const temporary = useTemporaryDirectories();

const named = (directory: string): SpecOf => ({ rootfs: { ...RootFilesystem.create(), directory } });
const INSTALL = 'mkdir made; ls /usr/bin > made/programs';

describe('an environment with a root file system', () => {
  it('runs set-up, agent and checks on it, and another one has a layer of its own', async () => {
    const environment = attempts.environment({ script: INSTALL, inputs: ['package-lock.json'] });
    const check = attempts.harness.check('sees', 'test ! -e /usr/bin/git && test -e made/programs');
    const spec = { ...environment, ...named(join(roots, 'small')), checks: [check] };
    const first = attempts.attempt('r1', 'cat made/programs > seen; test ! -e /usr/bin/git', spec);
    expect(await attempts.made(first)).toMatchObject({ setupCache: 'MISS' });
    expect((await attempts.checked(first)).checks).toMatchObject([{ name: 'sees', state: 'PASSED' }]);
    const again = attempts.attempt('r2', 'cat made/programs', spec);
    expect(await attempts.made(again)).toMatchObject({ setupCache: 'HIT' });
    expect(await attempts.turnOf(again)).toEqual(['bash', 'cat', 'cp', 'ls', 'mkdir', 'sh']);
    const other = attempts.attempt('r3', 'cat made/programs', { ...spec, ...named(join(roots, 'other')) });
    expect(await attempts.made(other)).toMatchObject({ setupCache: 'MISS' });
    expect(await attempts.turnOf(other)).toContain('id');
  });

  it('may have a network too, whatever the host has that is not in it', async () => {
    const allowed = {
      ...NetworkPolicy.create(),
      agent: [{ ...NetworkRule.create(), host: 'example.com', methods: ['GET'] }],
    };
    const spec = { environmentId: 'r', network: allowed, ...named(join(roots, 'small')) };
    const owner = attempts.attempt('r4', 'echo "${https_proxy%%:*}"; ls /usr', spec);
    await attempts.made(owner);
    expect(await attempts.turnOf(owner)).toEqual(['http', 'bin']);
  });

  it.each([
    ['with a set-up', { setup: { ...EnvironmentSetup.create(), script: INSTALL } }],
    ['without one', {}],
  ])('is refused outside of the allowed directories, for good and with the way out: %s', async (name, more) => {
    const outside = join(roots, '..', 'elsewhere');
    const owner = attempts.attempt(`outside ${name}`.replaceAll(' ', '-'), 'true', {
      ...attempts.environment({ script: '' }),
      ...more,
      ...named(outside),
    });
    const failure = await attempts.made(owner).then(
      () => undefined,
      (error: unknown) => toActivityFailure(error, 'PROVISION_FAILED'),
    );
    expect(failure).toMatchObject({ type: 'ROOTFS_NOT_ALLOWED', nonRetryable: true });
    expect(failure?.message).toContain(`unpack it below /nowhere or ${roots}`);
    expect(failure?.message).toContain('HEDDLE_ROOTFS_DIRECTORIES');
    await attempts.released(owner);
  });
});
