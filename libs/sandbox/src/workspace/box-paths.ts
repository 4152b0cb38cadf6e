import { chmod, chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The directories of one box: a work tree with its layers, and a home. All paths are absolute paths of the host. */
export interface BoxPaths {
  readonly root: string;
  /** Below it lies everything that the box itself may fill: a file system of its own where the host can have one. */
  readonly disk: string;
  /** What the box writes to its work tree. */
  readonly upper: string;
  readonly work: string;
  /** Where the merged work tree can be seen. */
  readonly merged: string;
  /** Where the home can be seen: the box's own directory, or a mount over home layers. */
  readonly home: string;
  /** What the box writes to a home that lies over layers; unused, and not made, where it does not. */
  readonly homeUpper: string;
  readonly homeWork: string;
  /** Small files of the platform for the box (prompt), read-only inside. */
  readonly run: string;
  /** Process files of the platform: exit status, arguments. Never visible inside. */
  readonly control: string;
}

export function boxPaths(root: string): BoxPaths {
  const disk = join(root, 'disk');
  return {
    root,
    disk,
    upper: join(disk, 'upper'),
    work: join(disk, 'work'),
    merged: join(root, 'merged'),
    home: join(disk, 'home'),
    homeUpper: join(disk, 'home-upper'),
    homeWork: join(disk, 'home-work'),
    run: join(root, 'run'),
    control: join(root, 'control'),
  };
}

/**
 * Makes the directories. The box's uid must pass through `root` but not list it, and nobody else of the host may: a setuid
 * program that an agent made would run as its user. What is not the box's own belongs to the platform.
 */
export async function createBoxDirectories(paths: BoxPaths, uid: number): Promise<void> {
  await mkdir(paths.root, { recursive: true, mode: 0o710 });
  const make = async (path: string, mode: number, isOwn: boolean): Promise<void> => {
    await mkdir(path, { recursive: true, mode });
    if (isOwn && process.getuid?.() === 0) await chown(path, uid, uid);
  };
  if (process.getuid?.() === 0) await chown(paths.root, 0, uid);
  await Promise.all([
    chmod(paths.root, 0o710),
    ...[paths.upper, paths.work, paths.home].map((path) => make(path, 0o755, true)),
    ...[paths.merged, paths.run].map((path) => make(path, 0o755, false)),
    make(paths.control, 0o700, false),
  ]);
}

/** Where a home that lies over layers is written to. */
export async function createHomeDirectories(paths: BoxPaths, uid: number): Promise<void> {
  for (const path of [paths.homeUpper, paths.homeWork]) {
    await mkdir(path, { recursive: true, mode: 0o755 });
    if (process.getuid?.() === 0) await chown(path, uid, uid);
  }
}
