import { readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** A file below /proc; empty when its process is gone, or somebody else's. */
export function readProc(path: string): string {
  try {
    return readFileSync(join('/proc', path), 'utf8');
  } catch {
    return '';
  }
}

/** What a link below /proc points to; empty when its process is gone, or somebody else's. */
export function linkInProc(path: string): string {
  try {
    return readlinkSync(join('/proc', path));
  } catch {
    return '';
  }
}
