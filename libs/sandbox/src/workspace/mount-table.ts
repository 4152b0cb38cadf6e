import { readFile } from 'node:fs/promises';

/** Mount points of this process's namespace at or below a directory, deepest first. */
export async function mountsBelow(directory: string): Promise<string[]> {
  const mounts = parseMountPoints(await readFile('/proc/self/mountinfo', 'utf8'));
  return mounts
    .filter((path) => path === directory || path.startsWith(`${directory}/`))
    .sort((a, b) => b.length - a.length);
}

export function parseMountPoints(mountInfo: string): string[] {
  return mountInfo
    .split('\n')
    .map((line) => line.split(' ')[4])
    .filter((path) => path !== undefined)
    .map((path) => path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))));
}
