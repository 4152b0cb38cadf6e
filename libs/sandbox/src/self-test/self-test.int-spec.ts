import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { useTemporaryDirectories } from '@heddle/testing';
import { controlGroupsWith } from '@heddle/testing/control-groups';
import { groupName } from '../drivers/open-driver.js';
import { SandboxError } from '../sandbox-error.js';
import { openWeakenedDriver, PROTECTIONS, type Protection } from '../testing/index.js';
import { runSelfTest } from './self-test.js';

const isRoot = process.getuid?.() === 0;

/** What is taken away, and a probe that has to notice. */
const WEAKNESSES: readonly (readonly [readonly Protection[], string])[] = [
  [['seccomp'], 'system calls are filtered'],
  [['seccomp'], 'the call ptrace is refused'],
  [['seccomp'], 'no device and no whiteout can be made'],
  [['dropUid'], 'on the host its files belong to its user'],
  [['dropUid', 'readOnlySettings'], 'kernel settings are out of reach'],
  [['newSession'], 'the terminal of the platform is another session'],
  [['networkNamespace'], 'the net namespace is its own'],
  [['networkNamespace'], 'there is no network but loopback'],
  [['pidNamespace'], 'processes of the host are out of sight'],
  [['ipcNamespace'], 'the ipc namespace is its own'],
  [['utsNamespace'], 'the uts namespace is its own'],
  [['noUserNamespaces', 'seccomp'], 'no further user namespace can be made'],
  [['noCapabilities'], 'no capability is left'],
  [['hostFiles'], 'files of the host are out of reach'],
  [['readOnlyRoot'], 'nothing else is mounted writable'],
  [['readOnlyPrograms'], 'nothing else is mounted writable'],
  [['readOnlyDevices'], 'programs of the host are read-only'],
  [['readOnlySettings'], 'kernel settings are out of reach'],
  [['clearEnvironment'], 'the environment of the platform is out of sight'],
  [['hiddenArguments'], 'paths of the host are out of sight'],
  [['sharedMemorySize'], 'shared memory has a size'],
  [['temporarySize'], 'temporary files have a size'],
];

(isRoot ? describe : describe.skip)('the self-test', () => {
  let directory = '';

  beforeAll(async () => {
    directory = await temporary('self-test');
  });

  const failuresWithout = async (weakened: readonly Protection[]): Promise<string> => {
    const driver = await openWeakenedDriver({ mode: '', directory }, weakened);
    try {
      await runSelfTest(driver, join(directory, 'self-test'));
      return '';
    } catch (error) {
      if (!SandboxError.is(error)) throw error;
      expect(error.reason).toBe('SANDBOX_SELF_TEST_FAILED');
      return error.message;
    } finally {
      await driver.close();
    }
  };

  it('passes where the boundary is whole', async () => {
    expect(await failuresWithout([])).toBe('');
    expect(controlGroupsWith(`/${groupName(directory)}`)).toEqual([]);
  });

  it.each(WEAKNESSES)('without %j says that it is not so: %s', async (weakened, probe) => {
    expect(await failuresWithout(weakened)).toContain(probe);
  });

  it('passes where the kernel maps no owners: the boundary says so instead', async () => {
    const driver = await openWeakenedDriver({ mode: '', directory }, ['userPerSandbox']);
    expect(driver.description).toMatchObject({ fileSystem: 'OVERLAY', usersPerSandbox: false });
    expect(driver.description.missing).toContainEqual(expect.stringMatching(/^user of its own: one per repository/));
    await runSelfTest(driver, join(directory, 'self-test'));
    await driver.close();
  });

  it('has a probe for every protection that can be taken away', () => {
    const tried = new Set<string>(['userPerSandbox', ...WEAKNESSES.flatMap(([weakened]) => weakened)]);
    expect(PROTECTIONS.filter((protection) => !tried.has(protection))).toEqual([]);
  });
});

// After the hooks above: directories go when nothing uses them any more.
const temporary = useTemporaryDirectories();
