import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/** What is a directory here, or begins like a path, is meant as one; the server resolves no relative paths. */
export function absoluteAddress(address: string): string {
  const isPath = /^\.{0,2}\//.test(address) || /^\.{1,2}$/.test(address) || existsSync(address);
  return !address.includes('://') && isPath ? resolve(address) : address;
}
