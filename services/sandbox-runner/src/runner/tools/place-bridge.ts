import { createHash } from 'node:crypto';
import { access, chmod, cp, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { ACP_BRIDGE, CLAUDE_CODE_BRIDGE } from '@heddle/agents';

/** What a program needs of a package to run. */
const KEPT = /\.js$|^package\.json$|^LICENSE/;

/**
 * Puts the bridges to agents and the packages that they import into one directory, which sandboxes can be shown: where
 * the platform itself is installed need not be open to other users. Named by its contents, so that no sandbox sees it
 * change; those of earlier versions stay, a few megabytes each.
 * @returns its path
 */
export async function placeBridge(directory: string): Promise<string> {
  const packages = await Promise.all(ACP_BRIDGE.packages.map(packageDirectory));
  const files = (await Promise.all([ACP_BRIDGE.directory, CLAUDE_CODE_BRIDGE.directory].map(programFiles))).flat();
  const hash = createHash('sha256');
  for (const path of [...files, ...packages.map((each) => join(each, 'package.json'))])
    hash.update(await readFile(path)).update('\0');
  const place = join(directory, `acp-${hash.digest('hex').slice(0, 16)}`);
  if (await isThere(place)) return place;
  const partial = `${place}.new`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  await writeFile(join(partial, 'package.json'), '{"type":"module"}');
  await copy(ACP_BRIDGE.directory, join(partial, 'bridge'));
  await copy(CLAUDE_CODE_BRIDGE.directory, join(partial, CLAUDE_CODE_BRIDGE.folder));
  for (const [index, name] of ACP_BRIDGE.packages.entries())
    await copy(packages[index] ?? '', join(partial, 'node_modules', name));
  for (const path of [directory, partial]) await chmod(path, 0o755);
  await rename(partial, place);
  return place;
}

async function programFiles(directory: string): Promise<string[]> {
  return (await readdir(directory))
    .filter((name) => name.endsWith('.js'))
    .sort()
    .map((name) => join(directory, name));
}

async function copy(from: string, to: string): Promise<void> {
  await cp(from, to, {
    recursive: true,
    dereference: true,
    filter: async (path) => KEPT.test(basename(path)) || (await stat(path)).isDirectory(),
  });
}

async function packageDirectory(name: string): Promise<string> {
  for (const modules of createRequire(ACP_BRIDGE.directory).resolve.paths(name) ?? [])
    if (await isThere(join(modules, name, 'package.json'))) return join(modules, name);
  throw new Error(`the package ${name} is not installed`);
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
