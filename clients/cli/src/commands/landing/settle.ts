import { setTimeout as delay } from 'node:timers/promises';
import { isLandingDone, type HeddleClient, type Landing } from '@heddle/sdk';
import { EXIT, type ExitCode } from '../../exit-codes.js';
import type { Session } from '../../session.js';
import { landingLines, landingSteps } from '../../views/landing-view.js';

/** Said of a request that is as it was wanted. */
const OF_FORGE: ReadonlySet<string> = new Set(['FORGE_REVIEW', 'FORGE_UNREACHABLE']);
const LOOK_EVERY_MS = 1_000;

/**
 * Waits for landings in their order, shows each as it has settled, and says how the command ends. Those by pull request are
 * waited for until the request is open: people decide from then on.
 */
export async function settleLandings(
  session: Session,
  heddle: HeddleClient,
  queued: readonly Landing[],
  timeoutMs: number | undefined,
): Promise<{ readonly code: ExitCode; readonly landings: readonly Landing[] }> {
  const until = performance.now() + (timeoutMs ?? Number.POSITIVE_INFINITY);
  const landings: Landing[] = [];
  for (const landing of queued) {
    const left = timeoutMs === undefined ? {} : { timeoutMs: Math.max(0, until - performance.now()) };
    const settled =
      landing.delivery === 'PULL_REQUEST'
        ? await untilProposed(session, heddle, landing, until)
        : await heddle.landings.wait(landing.id, { signal: session.signal, ...left });
    landings.push(settled);
    showLanding(session, settled);
  }
  return { code: exitCode(session, landings), landings };
}

async function untilProposed(
  { signal }: Session,
  heddle: HeddleClient,
  { id }: Landing,
  until: number,
): Promise<Landing> {
  for (;;) {
    const landing = await heddle.landings.getById(id, { signal });
    if (isDecided(landing) || performance.now() >= until) return landing;
    await delay(LOOK_EVERY_MS, undefined, { signal });
  }
}

function isDecided(landing: Landing): boolean {
  return landing.state === 'PROPOSED' || isLandingDone(landing);
}

/** Else another head was to be proposed by an open request, and could not. */
function isProposed({ state, reason }: Landing): boolean {
  return state === 'PROPOSED' && (reason === '' || OF_FORGE.has(reason));
}

export function showLanding({ out, now }: Session, landing: Landing): void {
  if (!out.json) out.lines(landingLines(landing, { style: out.style, columns: out.columns, now: now() }));
}

function exitCode({ out }: Session, outcome: readonly Landing[]): ExitCode {
  if (outcome.some((landing) => !isDecided(landing))) {
    out.note('The time is over, the landing goes on: heddle landing ls');
    return EXIT.timeLimit;
  }
  for (const step of outcome.flatMap(landingSteps)) out.note(step);
  if (outcome.some((landing) => isProposed(landing)))
    out.note('Open at the forge, which decides; what becomes of it: heddle landing show');
  if (outcome.some((landing) => landing.state === 'PROPOSED' && !isProposed(landing)))
    out.note('The request at the forge is as it was before: heddle landing show says why.');
  return outcome.every((landing) => landing.state === 'LANDED' || isProposed(landing)) ? EXIT.ok : EXIT.workFailed;
}
