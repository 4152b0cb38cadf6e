import type { SandboxUsage } from '@heddle/contracts';
import { durationMs } from '@heddle/platform/waiting';
import type { UsageFacts } from './attempt-facts.js';

/** What is worth an event: a tenth more than was said before. */
const NOTABLE = 1.1;

export function usageFacts(usage: SandboxUsage): UsageFacts {
  const { cpuDuration, wallDuration, sampleTime } = usage;
  const facts: Record<keyof UsageFacts, number> = {
    peakMemoryBytes: Number(usage.peakMemoryBytes),
    peakProcesses: usage.peakProcesses,
    cpuMs: cpuDuration === undefined ? 0 : durationMs(cpuDuration),
    peakDiskBytes: Number(usage.peakDiskBytes),
    peakDiskInodes: Number(usage.peakDiskInodes),
    outputBytes: Number(usage.outputBytes),
    wallMs: wallDuration === undefined ? 0 : durationMs(wallDuration),
    sampledAt: sampleTime?.getTime() ?? 0,
  };
  // Zero is what the host can't count, or has not counted yet.
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value > 0));
}

/** Fields may be there without a value. */
type Loose<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** All of them only grow: whoever comes late, or twice, changes nothing. */
export function mergeUsage(known: UsageFacts | null, more: Loose<UsageFacts>): UsageFacts {
  const merged: Record<string, number> = { ...known };
  for (const [name, value] of Object.entries(more) as [string, number | undefined][])
    if (value !== undefined) merged[name] = Math.max(merged[name] ?? 0, value);
  return merged;
}

/** Time passes by itself, so it alone is no news. */
export function isNotable(known: UsageFacts | null, more: UsageFacts): boolean {
  const { wallMs: _, sampledAt: __, ...counted } = more;
  return Object.entries(counted).some(([name, value]) => value > (known?.[name as keyof UsageFacts] ?? 0) * NOTABLE);
}
