import { execFile } from 'node:child_process';
import { statfsSync, statSync } from 'node:fs';
import { link, mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { mountDevice, syncFileSystem } from '../native/disk.js';
import { MNT_DETACH, MS_NODEV, MS_NOSUID, unmountFileSystem } from '../native/libc.js';
import { errnoOf, SandboxError } from '../sandbox-error.js';
import type { BoxPaths } from '../workspace/box-paths.js';
import type { BoxDisk, DiskLimits, DiskUsage } from './box-disk.js';
import { BLOCK_BYTES, makeTemplate, type ImageTemplate } from './image-template.js';
import { isAttached, withLoopDevice } from './loop-device.js';

const run = promisify(execFile);

const MS_RDONLY = 1;
const MS_NOATIME = 1024;
/** A flush would write the host's whole file system to its disk, for bytes that nobody relies on after a loss of power. */
const OPTIONS = 'nobarrier,noinit_itable,errors=remount-ro';
/** Those of ext4 itself. */
const OWN_INODES = 11;
/** The kernel takes up to this much of a write at once, and refuses it as a whole. */
const LARGEST_WRITE = 4 * 1024 * 1024;
const FULL_SHARE = 0.05;
const SUPERBLOCK_STATE = 1024 + 0x3a;
const STATE_CLEAN = 1;

export interface ImageDiskOptions {
  readonly mke2fs: string;
  readonly e2fsck: string;
  /** For templates while they are made; on a file system with sparse files. */
  readonly directory: string;
}

/** A file system of the box's own in a sparse file, mounted through a loop device: docs/adr/0015-a-file-system-per-box.md. */
export class ImageDisk implements BoxDisk {
  readonly reason = undefined;
  private readonly templates = new Map<string, Promise<ImageTemplate>>();

  constructor(private readonly options: ImageDiskOptions) {}

  async open(paths: BoxPaths, limits: DiskLimits): Promise<void> {
    await mkdir(paths.disk, { recursive: true, mode: 0o755 });
    if (limits.diskBytes === undefined || limits.diskInodes === undefined || isMounted(paths, paths.disk)) return;
    const image = imageOf(paths);
    try {
      if (!(await exists(image))) await this.write(image, limits.diskBytes, limits.diskInodes);
      // A person's shell may hold what was unmounted; what holds it will go.
      else if (await isAttached(image)) throw new Error(`${image} is still in use`);
      else await this.repair(image);
      await mountImage(image, paths.disk, 'r+');
    } catch (error) {
      throw new SandboxError('SANDBOX_MOUNT_FAILED', `cannot mount the disk of ${paths.root}`, { cause: error });
    }
  }

  /** Under a name of this box: by it the janitor knows whose device it is, and the file outlives the other's removal. */
  async openAbove(paths: BoxPaths, ended: BoxPaths): Promise<string> {
    const image = imageOf(ended);
    if (!(await exists(image))) return ended.disk;
    const place = abovePlace(paths);
    await mkdir(place, { recursive: true, mode: 0o755 });
    if (isMounted(paths, place)) return place;
    try {
      // Somebody may still write to it.
      if (await isAttached(image)) throw new Error(`${image} is still in use`);
      const own = `${place}.img`;
      await link(image, own).catch((error: unknown) => {
        if (errnoOf(error) !== 'EEXIST') throw error;
      });
      await mountImage(own, place, 'r');
      return place;
    } catch (error) {
      throw new SandboxError('SANDBOX_MOUNT_FAILED', `cannot mount what was kept for ${paths.root}`, { cause: error });
    }
  }

  async close(paths: BoxPaths): Promise<void> {
    await unmount(paths.disk);
    await unmount(abovePlace(paths));
  }

  usage(paths: BoxPaths, limits: DiskLimits): Promise<DiskUsage | undefined> {
    if (limits.diskBytes === undefined || !isMounted(paths, paths.disk)) return Promise.resolve(undefined);
    // The counters are in memory: a thread for each look would cost more than the look.
    const { bsize, blocks, bfree, bavail, files, ffree } = statfsSync(paths.disk);
    return Promise.resolve({
      bytes: (blocks - bfree) * bsize,
      inodes: Math.max(0, files - ffree - OWN_INODES),
      full: bavail * bsize < Math.min(LARGEST_WRITE, blocks * bsize * FULL_SHARE) || ffree === 0,
      enforced: true,
    });
  }

  async isWhole(paths: BoxPaths): Promise<boolean> {
    if (!isMounted(paths, paths.disk)) return true;
    const directory = await open(paths.disk, 'r');
    try {
      await syncFileSystem(directory.fd, paths.disk);
      return true;
    } catch (error) {
      if (errnoOf(error) === 'EIO' || errnoOf(error) === 'ENOSPC') return false;
      throw error;
    } finally {
      await directory.close();
    }
  }

  /** Whole or not at all: a supervisor may die in the middle of this. */
  private async write(image: string, bytes: number, inodes: number): Promise<void> {
    const template = await this.template(bytes, inodes);
    const draft = `${image}.new`;
    const file = await open(draft, 'w', 0o600);
    try {
      await file.truncate(template.bytes);
      for (const part of template.parts) await file.write(part.content, 0, part.content.length, part.at);
    } finally {
      await file.close();
    }
    await rename(draft, image);
  }

  private template(bytes: number, inodes: number): Promise<ImageTemplate> {
    const key = `${String(bytes)}/${String(inodes)}`;
    let template = this.templates.get(key);
    if (template === undefined) {
      template = makeTemplate(this.options.mke2fs, this.options.directory, bytes, inodes);
      this.templates.set(key, template);
      template.catch(() => this.templates.delete(key));
    }
    return template;
  }

  /** Only a loss of power leaves one that is mounted nowhere and was not unmounted. */
  private async repair(image: string): Promise<void> {
    const file = await open(image, 'r');
    try {
      const { buffer } = await file.read(Buffer.alloc(2), 0, 2, SUPERBLOCK_STATE);
      if ((buffer.readUInt16LE(0) & STATE_CLEAN) !== 0) return;
    } finally {
      await file.close();
    }
    try {
      await run(this.options.e2fsck, ['-f', '-y', image]);
    } catch (error) {
      // 1: mended, 2: mended and to be mounted anew.
      if (!isExit(error, 1) && !isExit(error, 2)) throw error;
    }
  }
}

function imageOf(paths: BoxPaths): string {
  return `${paths.disk}.img`;
}

/** Where the files of the box below can be seen. */
function abovePlace(paths: BoxPaths): string {
  return join(paths.root, 'kept');
}

async function unmount(target: string): Promise<void> {
  try {
    await unmountFileSystem(target);
  } catch (error) {
    const word = errnoOf(error);
    if (word === 'EINVAL' || word === 'ENOENT') return;
    if (word !== 'EBUSY') throw error;
    await unmountFileSystem(target, MNT_DETACH);
  }
}

/** @param access `r`: the device itself takes no writes */
async function mountImage(image: string, target: string, access: 'r' | 'r+'): Promise<void> {
  const file = await open(image, access);
  const flags = MS_NOSUID | MS_NODEV | MS_NOATIME | (access === 'r' ? MS_RDONLY : 0);
  try {
    await withLoopDevice(file.fd, BLOCK_BYTES, (device) => mountDevice(device, target, 'ext4', flags, OPTIONS));
  } finally {
    await file.close();
  }
}

/** By its device: the table of mounts is long where many boxes live, and is read for each of them again and again. */
function isMounted(paths: BoxPaths, place: string): boolean {
  const disk = statSync(place, { throwIfNoEntry: false });
  return disk !== undefined && disk.dev !== statSync(paths.root).dev;
}

async function exists(path: string): Promise<boolean> {
  try {
    await (await open(path, 'r')).close();
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

function isExit(error: unknown, code: number): boolean {
  // Not `instanceof Error`: Node's own errors belong to another realm than a test's.
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
