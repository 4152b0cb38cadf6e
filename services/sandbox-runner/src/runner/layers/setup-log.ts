import { sayOnce, setupSegment, type LogSegment } from '../logs/log-segment.js';
import type { PhaseContext } from '../phases/phase-context.js';
import type { Sandbox } from '../sandboxes/sandbox.js';
import type { SetupTarget } from './setup-target.js';

/** Where the log tells of the set-up of a target. */
export function segmentOf(target: SetupTarget): LogSegment {
  return setupSegment(`setup-${target.label}`);
}

/** Before all that a script prints. */
export async function say(context: PhaseContext, sandbox: Sandbox, target: SetupTarget, text: string): Promise<void> {
  await sayOnce(sandbox.directory.spool, segmentOf(target), text);
  (await context.logs.of(sandbox)).addSegment(segmentOf(target));
}
