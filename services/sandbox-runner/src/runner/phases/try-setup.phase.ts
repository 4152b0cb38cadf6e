import { EgressRequest } from '@heddle/contracts';
import { toCanonicalJson } from '@heddle/contracts/json';
import type { SandboxOwnerRef, SetupResult } from '@heddle/contracts/workflows';
import { whileUnavailable } from '../activities/while-unavailable.js';
import { dryRun, type DryRun } from '../layers/dry-run.js';
import { refusedRequests } from '../network/refused-requests.js';
import { toEgressRequest } from '../network/to-egress-request.js';
import type { Sandbox } from '../sandboxes/sandbox.js';
import type { PhaseContext } from './phase-context.js';

const PHASE = 'try-setup';
/** Of a path in the answer, which goes through the workflow: its payloads are small. */
const MAX_PATH = 512;

/** Runs the set-up of a job's environment, or attaches to it. A script that fails is an answer, not a failure. */
export async function trySetup(
  context: PhaseContext,
  owner: SandboxOwnerRef,
  signal: AbortSignal,
): Promise<SetupResult> {
  const sandbox = await context.sandboxes.get(owner);
  const recorded = (await sandbox.state()).phases.get(PHASE);
  if (recorded !== undefined) return recorded as SetupResult;
  const run = await sandbox.shared(PHASE, () => dryRun(context, sandbox));
  const { durationMs, setupCache, setupCacheReason } = run;
  const refused = await refusals(context, sandbox, signal);
  const result: SetupResult = { ...toOutcome(run), durationMs, setupCache, setupCacheReason, refused };
  await sandbox.recordPhase(PHASE, result);
  return result;
}

function toOutcome({ outcome }: DryRun): Pick<SetupResult, 'outcome' | 'reason' | 'message'> {
  if (outcome.kind === 'FAILED') return { outcome: 'FAILED', reason: outcome.reason, message: outcome.message };
  return { outcome: outcome.kind === 'PUBLISHED' ? 'SUCCEEDED' : outcome.kind, reason: '', message: '' };
}

async function refusals(context: PhaseContext, sandbox: Sandbox, signal: AbortSignal): Promise<object[]> {
  const { requests } = await refusedRequests(sandbox, 'SETUP');
  if (requests.length === 0) return [];
  const mask = await whileUnavailable(signal, () => context.secrets.mask(sandbox));
  return requests.map((request) => {
    const shown = toEgressRequest(request, mask);
    shown.path = shown.path.slice(0, MAX_PATH);
    if (shown.suggestion !== undefined) shown.suggestion.pathPrefix = shown.suggestion.pathPrefix.slice(0, MAX_PATH);
    return toCanonicalJson('heddle.v1.EgressRequest', EgressRequest, shown) as object;
  });
}
