import {
  chmod,
  copyFile,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  realpath,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentTool, ToolHost } from '@heddle/agents';
import { errnoOf, SandboxError } from '@heddle/sandbox';
import { runNpm } from './run-npm.js';
import { readSeal, sealTree, type ToolSeal } from './tool-seal.js';

/** What a crash cut off begins with this, beside the kinds' directories. */
export const INSTALLING = '.installing-';
export const REMOVING = '.removing-';

export interface ToolInstall {
  readonly tool: AgentTool;
  readonly version: string;
  /** Of all tools. */
  readonly directory: string;
  /** Where the lock file of each pinned version is: `<folder>/package.json`, `<folder>/package-lock.json`. */
  readonly packages: string;
  readonly host: ToolHost;
  readonly signal: AbortSignal;
  /** Tries the program before anybody can use it. @throws SandboxError AGENT_INSTALL_FAILED */
  readonly check: (directory: string) => Promise<void>;
}

/** Where a version is, or would be. */
export function toolDirectory(directory: string, kind: string, version: string): string {
  return join(directory, kind, version);
}

/**
 * Makes a version beside its place and moves it there when it is whole, sealed and tried. Of two at once one is used; a
 * crash leaves nothing in the place.
 * @throws SandboxError AGENT_INSTALL_FAILED
 */
export async function installTool(install: ToolInstall): Promise<ToolSeal> {
  const { tool, version, directory, check } = install;
  await mkdir(directory, { recursive: true, mode: 0o755 });
  const made = await mkdtemp(join(directory, INSTALLING));
  try {
    const locked = await describePackage(install, made);
    await runNpm(made, install.signal);
    await requireVersion(made, tool, version);
    await placeNative(made, install);
    const seal = await sealTree(made, { kind: tool.kind, version, locked });
    await check(made);
    return await moveIntoPlace(made, toolDirectory(directory, tool.kind, version), seal);
  } finally {
    await rm(made, { recursive: true, force: true });
  }
}

/** @returns whether a lock file says what has to come */
async function describePackage({ tool, version, packages }: ToolInstall, made: string): Promise<boolean> {
  if (version === tool.pinned) {
    const from = join(packages, tool.folder);
    const present = await copyFile(join(from, 'package-lock.json'), join(made, 'package-lock.json')).then(
      () => true,
      (error: unknown) => {
        if (errnoOf(error) === 'ENOENT') return false;
        throw error;
      },
    );
    if (present) {
      await copyFile(join(from, 'package.json'), join(made, 'package.json'));
      return true;
    }
  }
  const content = { name: `heddle-agent-${tool.folder}`, private: true, dependencies: { [tool.package]: version } };
  await writeFile(join(made, 'package.json'), JSON.stringify(content));
  return false;
}

async function requireVersion(made: string, tool: AgentTool, version: string): Promise<void> {
  const text = await readFile(join(made, 'node_modules', tool.package, 'package.json'), 'utf8').catch(() => '{}');
  const { version: found } = JSON.parse(text) as { readonly version?: unknown };
  if (found !== version) throw failed(`npm brought ${String(found)} of ${tool.package}, not ${version}`);
}

/** Does what the package's own script would do: puts the native program where the package has a placeholder. */
async function placeNative(made: string, { tool, host }: ToolInstall): Promise<void> {
  const { native } = tool;
  if (native === undefined) return;
  const candidates = native.packages(host).map((name) => join(made, 'node_modules', name));
  const present: string[] = [];
  for (const candidate of candidates) {
    const stats = await lstat(join(candidate, native.path)).catch(() => undefined);
    if (stats?.isFile() === true) present.push(candidate);
  }
  const [best, ...others] = present;
  if (best === undefined) {
    throw failed(
      `there is no program for this host among its packages (${native.packages(host).join(', ')}): the registry has none, or npm is configured to leave out optional packages`,
    );
  }
  const place = await realpath(join(made, 'node_modules', '.bin', tool.program)).catch(() => '');
  if (!place.startsWith(`${await realpath(made)}/`)) throw failed(`its package has no program ${tool.program}`);
  const source = join(best, native.path);
  await rm(place);
  await link(source, place).catch(() => copyFile(source, place));
  await chmod(place, 0o755);
  for (const other of others) await rm(other, { recursive: true });
}

async function moveIntoPlace(made: string, place: string, seal: ToolSeal): Promise<ToolSeal> {
  const parent = join(place, '..');
  await mkdir(parent, { recursive: true, mode: 0o755 });
  await chmod(parent, 0o755);
  try {
    await rename(made, place);
    return seal;
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST'].includes(errnoOf(error) ?? '')) throw error;
    // Somebody was faster; or what is there is not whole.
    const present = await readSeal(place);
    if (present !== undefined) return present;
    await removeTool(join(parent, '..'), place);
    await rename(made, place);
    return seal;
  }
}

/** Gone at once for everyone who looks, however long the removal takes. */
export async function removeTool(directory: string, place: string): Promise<void> {
  const doomed = join(await mkdtemp(join(directory, REMOVING)), 'tool');
  try {
    await rename(place, doomed);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
  await rm(join(doomed, '..'), { recursive: true, force: true });
}

function failed(message: string): SandboxError {
  return new SandboxError('AGENT_INSTALL_FAILED', message);
}
