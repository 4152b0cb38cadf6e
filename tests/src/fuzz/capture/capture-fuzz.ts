import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { caseOf, runCase, type CaptureCase, type CaseOutcome } from './run-case.js';
import { shrink } from './shrink.js';
import { makeWorld, type World } from './world.js';

const run = promisify(execFile);

export interface CaptureFuzzOptions {
  /** Empty; on a file system that overlays can have their uppers on. */
  readonly directory: string;
  readonly seeds: Iterable<number>;
  /** Stay on that file system, instead of one in memory on it. */
  readonly disk?: boolean;
  readonly report?: (seed: number, outcome: CaseOutcome) => void;
}

/** A user of the host that has nothing else: no sandbox of a runner is given one this high. */
const UID = 3_000_017;

/** Plays all seeds, and gives what does not agree, made as small as it gets. Needs root. */
export async function fuzzCapture(options: CaptureFuzzOptions): Promise<string[]> {
  if (options.disk !== true) await run('mount', ['-t', 'tmpfs', '-o', 'mode=755', 'heddle', options.directory]);
  try {
    return await play(options);
  } finally {
    // Lazily: a mount of another namespace may have a copy of it.
    if (options.disk !== true) await run('umount', ['-l', options.directory]);
  }
}

async function play(options: CaptureFuzzOptions): Promise<string[]> {
  const world = await makeWorld(options.directory, UID);
  const differences: string[] = [];
  try {
    for (const seed of options.seeds) {
      const outcome = await runCase(world, caseOf(seed, world.bases.length));
      options.report?.(seed, outcome);
      if (outcome.difference !== undefined) differences.push(await smallest(world, seed));
    }
  } finally {
    await world.agent.stop();
  }
  return differences;
}

async function smallest(world: World, seed: number): Promise<string> {
  const fails = async (of: CaptureCase): Promise<boolean> => (await runCase(world, of)).difference !== undefined;
  const of = await shrink(caseOf(seed, world.bases.length), fails);
  const { difference = '', story } = await runCase(world, of);
  return [`seed ${String(seed)}, base ${String(of.base)}`, ...story, difference].join('\n  ');
}
