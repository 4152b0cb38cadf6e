import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, lstat, open, readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { errnoOf, SandboxError } from '@heddle/sandbox';
import { z } from 'zod';

const SEAL = 'verified.json';

const seal = z.object({
  kind: z.string(),
  version: z.string(),
  /** SHA-256 of every path with its kind, its executable bit and its content. */
  digest: z.string(),
  files: z.number(),
  sizeBytes: z.number(),
  /** True where everything had to be what a lock file of this repository says. */
  locked: z.boolean(),
});

/** What an installed program was when it was found good. */
export type ToolSeal = Readonly<z.infer<typeof seal>>;

interface Entry {
  readonly path: string;
  readonly kind: 'file' | 'link';
  readonly executable: boolean;
  readonly sizeBytes: number;
}

/**
 * Closes an installed tree: everybody may read it, nothing in it leads out of it, and what it holds is on record in it.
 * @throws SandboxError AGENT_INSTALL_FAILED for a tree that holds more than files, directories and links within itself
 */
export async function sealTree(
  directory: string,
  facts: Pick<ToolSeal, 'kind' | 'version' | 'locked'>,
): Promise<ToolSeal> {
  const entries = await list(directory, true);
  const made: ToolSeal = { ...facts, ...(await digestOf(directory, entries)) };
  const file = await open(join(directory, SEAL), 'w', 0o644);
  try {
    await file.writeFile(`${JSON.stringify(made, undefined, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  return made;
}

/** The seal of a tree that still has as many files and bytes; undefined for one that is not whole, or not there. */
export async function readSeal(directory: string): Promise<ToolSeal | undefined> {
  try {
    const known = seal.parse(JSON.parse(await readFile(join(directory, SEAL), 'utf8')));
    const entries = await list(directory, false);
    return entries.length === known.files && sizeOf(entries) === known.sizeBytes ? known : undefined;
  } catch (error) {
    // A host that lost its power may have left anything.
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '') || isMalformed(error)) return undefined;
    throw error;
  }
}

/** True if every byte is what it was when the tree was sealed. */
export async function isIntact(directory: string, known: ToolSeal): Promise<boolean> {
  try {
    return (await digestOf(directory, await list(directory, false))).digest === known.digest;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || SandboxError.is(error)) return false;
    throw error;
  }
}

async function list(root: string, normalise: boolean): Promise<Entry[]> {
  const real = await realpath(root);
  const found: Entry[] = [];
  const walk = async (relative: string): Promise<void> => {
    if (normalise) await chmod(join(root, relative), 0o755);
    for (const name of await readdir(join(root, relative))) {
      const path = relative === '' ? name : `${relative}/${name}`;
      if (path === SEAL) continue;
      const full = join(root, path);
      const stats = await lstat(full);
      const executable = (stats.mode & 0o111) !== 0;
      if (stats.isDirectory()) await walk(path);
      else if (stats.isFile()) {
        if (normalise) await chmod(full, executable ? 0o755 : 0o644);
        found.push({ path, kind: 'file', executable, sizeBytes: stats.size });
      } else if (stats.isSymbolicLink() && (await realpath(full)).startsWith(`${real}/`))
        found.push({ path, kind: 'link', executable: false, sizeBytes: 0 });
      else throw new SandboxError('AGENT_INSTALL_FAILED', `its packages hold ${path}, which is not a file of theirs`);
    }
  };
  await walk('');
  return found.sort((one, other) => (one.path < other.path ? -1 : 1));
}

async function digestOf(
  root: string,
  entries: readonly Entry[],
): Promise<Pick<ToolSeal, 'digest' | 'files' | 'sizeBytes'>> {
  const all = createHash('sha256');
  for (const { path, kind, executable } of entries) {
    const content = kind === 'link' ? await readlink(join(root, path)) : await fileDigest(join(root, path));
    all.update(JSON.stringify([path, kind, executable, content]));
  }
  return { digest: all.digest('hex'), files: entries.length, sizeBytes: sizeOf(entries) };
}

async function fileDigest(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

function sizeOf(entries: readonly Entry[]): number {
  return entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

function isMalformed(error: unknown): boolean {
  return error instanceof Error && ['SyntaxError', 'ZodError', '$ZodError', 'SandboxError'].includes(error.name);
}
