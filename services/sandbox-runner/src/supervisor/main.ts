import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { loadConfig } from '@heddle/platform/config';
import { createLogger } from '@heddle/platform/logging';
import {
  DriverChoice,
  openDriver,
  runSelfTest,
  SandboxError,
  type OpenDriverOptions,
  type SandboxDriver,
} from '@heddle/sandbox';
import { writeSelfTest } from '../protocol/self-test-record.js';
import { SocketServer, isServed } from './socket-server.js';
import { containerSettings, supervisorSettings } from './supervisor.config.js';
import { Supervisor } from './supervisor.js';

/** EX_CONFIG: starting again changes nothing until somebody changes the host. */
const EXIT_REFUSED = 78;

async function main(): Promise<void> {
  // First of all: a signal that comes in the middle of the start must not leave the start's mounts behind.
  const ordered = endSignal();
  const config = loadConfig(supervisorSettings);
  const logger = createLogger('supervisor', config.HEDDLE_LOG_LEVEL);
  const directory = join(config.HEDDLE_DATA_DIR, 'runner');
  const socketPath = config.HEDDLE_SUPERVISOR_SOCKET;
  await mkdir(dirname(socketPath), { recursive: true });
  if (await isServed(socketPath))
    throw new SandboxError('SANDBOX_UNAVAILABLE', `another supervisor serves ${socketPath}`);
  const driver = await openProven({
    mode: config.HEDDLE_SANDBOX,
    directory,
    rootDirectories: config.HEDDLE_ROOTFS_DIRECTORIES,
    containers: containerSettings(config),
  });
  if (driver instanceof DriverChoice) logger.info(driver.offer.containers, 'containers beside the own driver');
  if (driver.description.fileSystemReason !== undefined) {
    logger.warn(
      { fileSystem: driver.description.fileSystem, reason: driver.description.fileSystemReason },
      'the work trees of sandboxes are no overlay by root of the host',
    );
  }
  const sandboxes = join(directory, 'sandboxes');
  await mkdir(sandboxes, { recursive: true, mode: 0o711 });
  const supervisor = await Supervisor.open({ sandboxes, driver, logger });
  supervisor.janitor.start(config.HEDDLE_JANITOR_EVERY * 1_000);
  const server = await SocketServer.listen(socketPath, supervisor, logger);
  logger.info({ ...driver.description }, 'the supervisor is serving');
  const signal = await ordered;
  supervisor.janitor.stop();
  // SIGTERM, SIGINT: agents end, their trees stay. SIGUSR2: this process ends and the next one adopts its agents.
  const interrupt = signal !== 'SIGUSR2';
  logger.info({ signal }, interrupt ? 'stopping all agents' : 'leaving agents to the next supervisor');
  // A person's program is no agent: nobody adopts it.
  await supervisor.terminals.closeAll();
  if (interrupt) await supervisor.interruptAll();
  await server.close();
  if (interrupt) await driver.close();
  process.exit(0);
}

/** A driver whose boundary holds on this host; why there is none is left on record for the runner, which shows it. */
async function openProven(options: OpenDriverOptions): Promise<SandboxDriver> {
  const { directory } = options;
  try {
    const driver = await openDriver(options);
    await runSelfTest(driver, join(directory, 'self-test'));
    if (driver instanceof DriverChoice)
      await driver.prove((containers) => runSelfTest(containers, join(directory, 'self-test')));
    await writeSelfTest(directory, { failed: [] });
    return driver;
  } catch (error) {
    if (SandboxError.is(error)) {
      const failed = error.failedProbes.length > 0 ? error.failedProbes : [error.message];
      await writeSelfTest(directory, { failed }).catch(() => undefined);
    }
    throw error;
  }
}

/** The first signal that asks for this process's end; later ones change nothing. */
function endSignal(): Promise<NodeJS.Signals> {
  // A signal to the terminal's group is for the launcher.
  process.on('SIGHUP', () => undefined);
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGUSR2'] as const) process.on(signal, resolve);
  });
}

main().catch((error: unknown) => {
  if (SandboxError.is(error)) {
    process.stderr.write(`${error.message}\n`);
    process.exit(EXIT_REFUSED);
  }
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
});
