import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import type { StopRule } from './process-spec.js';

/** A process, told apart from a later one that got the same pid by when it was started (clock ticks since boot). */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTime: string;
}

const POLL_MS = 20;

export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

/** undefined when there is no such process (any more); a zombie is none. */
export function identify(pid: number): ProcessIdentity | undefined {
  const stat = readProc(pid, 'stat');
  if (stat === undefined) return undefined;
  // The second field, the program's name, may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startTime] = [fields[0], fields[19]];
  return startTime === undefined || state === 'Z' || state === 'X' ? undefined : { pid, startTime };
}

export function isAlive({ pid, startTime }: ProcessIdentity): boolean {
  return identify(pid)?.startTime === startTime;
}

/** The program and its arguments. */
export function commandLine(pid: number): string[] {
  return (readProc(pid, 'cmdline') ?? '').split('\0').filter((part) => part !== '');
}

/** Variables that the process was started with; empty when they may not be read. */
export function environmentOf(pid: number): Map<string, string> {
  const entries = (readProc(pid, 'environ') ?? '').split('\0').filter((entry) => entry.includes('='));
  return new Map(entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]));
}

export function allPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Processes whose working directory is `directory`. */
export function processesIn(directory: string): ProcessIdentity[] {
  return allPids().flatMap((pid) => {
    const identity = workingDirectory(pid) === directory ? identify(pid) : undefined;
    return identity ? [identity] : [];
  });
}

/**
 * Asks a process to end, and kills it at the deadline. Resolves when it is gone; a process that is no longer the one
 * meant is left alone.
 */
export async function endProcess(identity: ProcessIdentity, rule: StopRule): Promise<void> {
  if (!signal(identity, rule.signal)) return;
  if (await goneWithin(identity, rule.deadlineMs)) return;
  signal(identity, 'SIGKILL');
  await goneWithin(identity, 10_000);
}

/** False when the process is gone. */
export function signal(identity: ProcessIdentity, name: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    return process.kill(identity.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

async function goneWithin(identity: ProcessIdentity, deadlineMs: number): Promise<boolean> {
  const deadline = performance.now() + deadlineMs;
  while (isAlive(identity)) {
    if (performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return true;
}

function workingDirectory(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined; // gone, or somebody else's
  }
}

function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return undefined; // gone, or somebody else's
  }
}
