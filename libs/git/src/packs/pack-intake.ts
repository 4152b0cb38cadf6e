import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { HeddleError } from '@heddle/domain';
import { readCommit } from '../commits/read-commit.js';
import { formatOf } from '../names/object-id.js';
import { GitError } from '../process/git-error.js';
import type { GitLocation } from '../process/environment.js';
import { runGit } from '../process/run-git.js';
import type { ProcessLimits } from '../process/start-git.js';
import { PackBoundsError, scanPack, type PackBounds } from './pack-scan.js';

export interface PackIntakeOptions {
  readonly store: string;
  readonly pack: AsyncIterable<Uint8Array>;
  /** The commit that the pack brings; everything it needs is in the pack or in the store. */
  readonly commit: string;
  /** Of a store that is a cache: completeness is also proven by a walk down to these commits, which it has. */
  readonly bases?: readonly string[];
  readonly bounds?: Partial<PackBounds & { maxPackBytes: number }>;
  readonly limits?: ProcessLimits;
  readonly signal?: AbortSignal;
  /** Looks at the commit (latin1) before the objects are let in; what it throws keeps them out. */
  readonly inspect?: (commit: string) => void;
}

const GIB = 1024 ** 3;
export const DEFAULT_PACK_BOUNDS = { maxPackBytes: GIB, maxInflatedBytes: 4 * GIB, maxObjects: 1_000_000 } as const;
const DEFAULT_LIMITS: ProcessLimits = { cpuSeconds: 300, memoryBytes: 4 * GIB };

/**
 * Takes a (thin) pack into a store: into a quarantine first, bounded and checked with `index-pack --strict`, then by renames.
 * Strict means that every object that the pack's objects name is in the pack or in the store; as nothing incomplete ever
 * got into the store, all is complete then. Nothing of a refused pack stays. Taking the same pack again is harmless.
 * Throws `PACK_REFUSED` (final: a repeat gives the same) or `REQUEST_TOO_LARGE`.
 */
export async function takePack(options: PackIntakeOptions): Promise<void> {
  const bounds = { ...DEFAULT_PACK_BOUNDS, ...options.bounds };
  const parent = join(options.store, 'objects', 'heddle-incoming');
  await mkdir(parent, { recursive: true });
  const quarantine = await mkdtemp(join(parent, 'q-'));
  try {
    const spool = join(quarantine, 'incoming');
    await pipeline(Readable.from(capped(options.pack, bounds.maxPackBytes)), createWriteStream(spool));
    await mkdir(join(quarantine, 'objects', 'pack'), { recursive: true });
    const at: GitLocation = {
      gitDir: options.store,
      objectDirectory: join(quarantine, 'objects'),
      alternates: [join(options.store, 'objects')],
    };
    await refusing(async () => {
      await scanPack(spool, formatOf(options.commit) === 'sha1' ? 20 : 32, bounds);
      await indexPack(at, spool, options);
      const commit = await readCommit(at, options.commit, options.signal);
      if (commit === undefined)
        throw new HeddleError('PACK_REFUSED', `The pack does not bring commit ${options.commit}.`);
      options.inspect?.(commit);
      if (options.bases !== undefined) await walk(at, options.commit, options.bases, options.signal);
    });
    await migrate(join(quarantine, 'objects', 'pack'), join(options.store, 'objects', 'pack'));
  } finally {
    await rm(quarantine, { recursive: true, force: true });
  }
}

/** Removes quarantines that a dead process left. Call before any intake runs. */
export async function dropQuarantines(store: string): Promise<void> {
  await rm(join(store, 'objects', 'heddle-incoming'), { recursive: true, force: true });
}

async function indexPack(at: GitLocation, spool: string, options: PackIntakeOptions): Promise<void> {
  const { size } = await stat(spool);
  await runGit(['index-pack', '--stdin', '--fix-thin', '--strict', `--max-input-size=${String(size)}`], {
    ...at,
    input: createReadStream(spool),
    limits: options.limits ?? DEFAULT_LIMITS,
    timeoutMs: 600_000,
    signal: options.signal,
  });
}

async function walk(at: GitLocation, commit: string, bases: readonly string[], signal?: AbortSignal): Promise<void> {
  await runGit(['rev-list', '--objects', '--quiet', '--stdin'], {
    ...at,
    input: [commit, ...bases.map((base) => `^${base}`)].map((row) => `${row}\n`).join(''),
    limits: DEFAULT_LIMITS,
    timeoutMs: 600_000,
    signal,
  });
}

/** What git refuses is refused for good: the same bytes would be refused again. */
async function refusing(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof PackBoundsError)
      throw new HeddleError('PACK_REFUSED', `The pack was refused: ${error.message}.`, { cause: error });
    if (GitError.is(error) && ['exit', 'timeout', 'output-limit'].includes(error.kind)) {
      const text = error.stderr.trim().split('\n').slice(-2).join('; ').slice(0, 300);
      throw new HeddleError('PACK_REFUSED', `The pack was refused by git: ${text}`, { cause: error });
    }
    throw error;
  }
}

async function* capped(source: AsyncIterable<Uint8Array>, max: number): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (size > max) throw new HeddleError('REQUEST_TOO_LARGE', `The pack is larger than ${String(max)} bytes.`);
    yield chunk;
  }
}

/** A pack counts from the moment its index is there: the index comes last. */
const ORDER = ['.pack', '.rev', '.idx'];

async function migrate(from: string, to: string): Promise<void> {
  const names = (await readdir(from)).filter((name) => ORDER.some((suffix) => name.endsWith(suffix)));
  names.sort((a, b) => rank(a) - rank(b));
  await mkdir(to, { recursive: true });
  for (const name of names) await rename(join(from, name), join(to, name));
  const directory = await open(to, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function rank(name: string): number {
  return ORDER.findIndex((suffix) => name.endsWith(suffix));
}
