import type { SandboxUsage } from '@heddle/contracts';
import type { SandboxSample } from '@heddle/contracts/internal';
import type { ProcessUsage } from '@heddle/sandbox';
import { toDuration } from '@heddle/platform/waiting';
import type { PhaseContext } from '../phases/phase-context.js';

const LIMIT_MS = 2_000;

/** What the attempts of this runner use that run now. Empty while the supervisor does not answer: a report never waits for it. */
export async function usageSamples({
  supervisor,
  sandboxes,
  logs,
}: Pick<PhaseContext, 'supervisor' | 'sandboxes' | 'logs'>): Promise<SandboxSample[]> {
  const known = await sandboxes.loaded();
  try {
    const { samples } = await supervisor.call('usage', {}, AbortSignal.timeout(LIMIT_MS));
    const found = await Promise.all(
      samples.map(async ({ sandbox, usage }) => {
        const owner = known.get(sandbox)?.owner;
        if (owner?.kind !== 'ATTEMPT') return [];
        const [runs, activitySummary] = await Promise.all([logs.usage(sandbox), logs.doing(sandbox)]);
        return [{ attemptId: owner.id, fence: String(owner.fence), usage: toUsage(usage), runs, activitySummary }];
      }),
    );
    return found.flat();
  } catch {
    return [];
  }
}

function toUsage(usage: ProcessUsage): SandboxUsage {
  return {
    peakMemoryBytes: String(usage.peakMemoryBytes ?? 0),
    peakProcesses: usage.peakProcesses ?? 0,
    cpuDuration: usage.cpuMs === undefined ? undefined : toDuration(usage.cpuMs),
    peakDiskBytes: String(usage.peakDiskBytes ?? 0),
    peakDiskInodes: String(usage.peakDiskInodes ?? 0),
    outputBytes: String(usage.outputBytes),
    wallDuration: toDuration(usage.wallMs),
    sampleTime: new Date(usage.sampledAt),
  };
}
