import { closeSync } from 'node:fs';
import { SYSCALL_NUMBERS } from '../seccomp/syscall-numbers.js';
import { systemCall } from './libc.js';

const AT_FDCWD = -100;
const AT_EMPTY_PATH = 0x1000;
const OPEN_TREE_CLONE = 1;
const O_CLOEXEC = 0o2000000;
const MOVE_MOUNT_F_EMPTY_PATH = 4;
const MOUNT_ATTR_RDONLY_NOSUID_NODEV = 1 | 2 | 4;
const MOUNT_ATTR_IDMAP = 0x0010_0000n;

/** From 424 on numbers are the same everywhere, and C libraries are late with wrappers. */
const { open_tree: OPEN_TREE = 0, move_mount: MOVE_MOUNT = 0, mount_setattr: MOUNT_SETATTR = 0 } = SYSCALL_NUMBERS.x64;

/** Shows `source` at `target`, read-only, with the owners that `userNamespace` (a descriptor) gives to its files. */
export function mountWithOwners(source: string, target: string, userNamespace: number): void {
  const tree = systemCall('open_tree', OPEN_TREE, [AT_FDCWD, source, OPEN_TREE_CLONE | O_CLOEXEC]);
  try {
    // struct mount_attr: set, clear, propagation, user namespace.
    const attributes = Buffer.alloc(32);
    attributes.writeBigUInt64LE(BigInt(MOUNT_ATTR_RDONLY_NOSUID_NODEV) | MOUNT_ATTR_IDMAP, 0);
    attributes.writeBigUInt64LE(BigInt(userNamespace), 24);
    systemCall('mount_setattr', MOUNT_SETATTR, [tree, '', AT_EMPTY_PATH, attributes, attributes.length]);
    systemCall('move_mount', MOVE_MOUNT, [tree, '', AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH]);
  } finally {
    closeSync(tree);
  }
}
