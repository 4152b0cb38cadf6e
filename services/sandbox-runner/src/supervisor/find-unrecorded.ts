import {
  hostIdentity,
  type BoxSpec,
  type Journal,
  type ProcessIdentity,
  type ProcessState,
  type SandboxDriver,
} from '@heddle/sandbox';

/**
 * A process whose supervisor died between its start and the line that says so; undefined if it never ran. One that has
 * ended since has an identity that nothing alive has.
 */
export async function findUnrecorded(
  driver: SandboxDriver,
  journal: Journal,
  box: BoxSpec,
  state: ProcessState,
): Promise<ProcessIdentity | undefined> {
  const main = await driver.recover(box, state.process);
  if (main !== undefined) {
    await journal.append({ type: 'started', box: state.box, process: state.process, main, startedAt: Date.now() });
    return main;
  }
  const { exitCode } = await driver.ending(box, state.process);
  // Without a trace of it: it never ran, and a new start sees to an empty box.
  if (exitCode === undefined) return undefined;
  return { ...(await hostIdentity()), pid: 0, startTime: '0' };
}
