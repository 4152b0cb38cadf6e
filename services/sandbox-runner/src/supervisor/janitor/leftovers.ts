import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  isAlive,
  listDoomed,
  listSandboxDirectories,
  loopsBelow,
  mountsBelow,
  releaseLoop,
  removeTree,
  spoolWritersBelow,
  unmountFileSystem,
  MNT_DETACH,
  type SandboxDriver,
} from '@heddle/sandbox';
import { TERMINAL_LABEL } from '../../protocol/terminal-protocol.js';
import { isOfLiveBox, sandboxOf, type Owned } from './owned.js';

/** Something on the host that may be nobody's, and how it would go. */
export interface Candidate {
  readonly kind: 'box' | 'mount' | 'loop device' | 'process' | 'directory';
  readonly name: string;
  /** Asked of what the journals say after this was found: what was made since is not among the found. */
  readonly isOwned: (owned: Owned) => boolean;
  readonly remove: () => Promise<void>;
}

export interface Places {
  /** Absolute, without symlinks. Only what is below a sandbox's own directory in it is ever touched. */
  readonly sandboxes: string;
  readonly driver: SandboxDriver;
  /** The runner may be about to write the specification of a younger one. */
  readonly unfinishedAfterMs: number;
}

/** In the order in which they have to go: processes, then what holds files, then files. */
export async function findCandidates(places: Places): Promise<Candidate[]> {
  return [
    ...(await boxes(places)),
    ...(await processes(places)),
    ...(await mounts(places)),
    ...(await loopDevices(places)),
    ...(await directories(places)),
    ...(await terminals(places)),
  ];
}

/** Groups below the platform's own: only it puts processes there, and a box is on record before its group is made. */
async function boxes({ driver }: Places): Promise<Candidate[]> {
  return (await driver.boxNames()).map((name) => ({
    kind: 'box',
    name,
    isOwned: ({ boxes, isComplete }) => !isComplete || boxes.has(name),
    remove: () => driver.evict(name),
  }));
}

/** Drainers of a sandbox that is gone: their output goes to a file that nobody reads. */
async function processes({ sandboxes }: Places): Promise<Candidate[]> {
  return (await spoolWritersBelow(sandboxes)).map(({ process: writer, spool }) => ({
    kind: 'process',
    name: `${String(writer.pid)} (writes to ${spool})`,
    isOwned: (owned) => owned.sandboxes.has(sandboxOf(sandboxes, spool)),
    remove: async () => {
      if (await isAlive(writer)) process.kill(writer.pid, 'SIGKILL');
    },
  }));
}

async function mounts({ sandboxes }: Places): Promise<Candidate[]> {
  return (await mountsBelow(sandboxes))
    .filter((path) => path.slice(sandboxes.length + 1).includes('/'))
    .map((path) => ({
      kind: 'mount',
      name: path,
      isOwned: (owned) => !owned.isComplete || isOfLiveBox(owned, sandboxes, path),
      // Detached: somebody's shell may stand in it.
      remove: () => unmountFileSystem(path, MNT_DETACH),
    }));
}

/**
 * Not those that boxes are given: they go with their mount. Whatever of the host still has a copy of that (another mount
 * namespace) would keep them for a while, and be none the wiser for a second order to let go.
 */
async function loopDevices({ sandboxes }: Places): Promise<Candidate[]> {
  const devices = (await loopsBelow(sandboxes)).filter(({ goesByItself }) => !goesByItself);
  return devices.map((device) => ({
    kind: 'loop device',
    name: `${device.name} (${device.backingFile})`,
    isOwned: (owned) => !owned.isComplete || isOfLiveBox(owned, sandboxes, device.backingFile),
    remove: async () => {
      await releaseLoop(device);
    },
  }));
}

/** Of terminals that did not outlive their supervisor: what a person did in one is kept nowhere. */
async function terminals({ sandboxes }: Places): Promise<Candidate[]> {
  const found: Candidate[] = [];
  for (const { path: sandbox } of await listSandboxDirectories(sandboxes))
    for (const name of await readdir(sandbox).catch(() => [])) {
      if (!name.startsWith(TERMINAL_LABEL)) continue;
      const path = join(sandbox, name);
      found.push({
        kind: 'directory',
        name: path,
        isOwned: (owned) => !owned.isComplete || isOfLiveBox(owned, sandboxes, path),
        remove: async () => {
          // Whatever could not be unmounted is not to be emptied.
          if ((await mountsBelow(path)).length === 0) await removeTree(path);
        },
      });
    }
  return found;
}

/** Directories whose making, or whose removal, never ended. */
async function directories({ sandboxes, unfinishedAfterMs }: Places): Promise<Candidate[]> {
  const found: Candidate[] = (await listDoomed(sandboxes)).map((path) => ({
    kind: 'directory',
    name: path,
    // Its keeper may be at it right now.
    isOwned: (owned) => owned.sandboxes.has(path.slice(join(sandboxes, '.removing-').length)),
    remove: () => removeTree(path),
  }));
  for (const directory of await listSandboxDirectories(sandboxes)) {
    if ((await directory.specification().catch(() => 'unreadable')) !== undefined) continue;
    const age = await stat(directory.path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => -Infinity,
    );
    if (age < unfinishedAfterMs) continue;
    found.push({
      kind: 'directory',
      name: directory.path,
      isOwned: () => false,
      remove: async () => {
        // Its runner was only slow.
        if ((await directory.specification()) === undefined) await removeTree(await directory.doom());
      },
    });
  }
  return found;
}
