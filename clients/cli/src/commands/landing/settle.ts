import { isLandingDone, type HeddleClient, type Landing } from '@heddle/sdk';
import { EXIT, type ExitCode } from '../../exit-codes.js';
import type { Session } from '../../session.js';
import { landingLines } from '../../views/landing-view.js';

export interface LandingEntry {
  readonly landing: Landing;
  readonly title: string;
}

/** Waits for landings in their order, shows each as it has settled, and says how the command ends. */
export async function settleLandings(
  session: Session,
  heddle: HeddleClient,
  queued: readonly LandingEntry[],
  timeoutMs: number | undefined,
): Promise<{ readonly code: ExitCode; readonly entries: readonly LandingEntry[] }> {
  const until = performance.now() + (timeoutMs ?? Number.POSITIVE_INFINITY);
  const entries: LandingEntry[] = [];
  for (const { landing, title } of queued) {
    const left = timeoutMs === undefined ? {} : { timeoutMs: Math.max(0, until - performance.now()) };
    const entry = { landing: await heddle.landings.wait(landing.id, { signal: session.signal, ...left }), title };
    entries.push(entry);
    showLanding(session, entry);
  }
  return { code: exitCode(session, entries), entries };
}

export function showLanding({ out, now }: Session, { landing, title }: LandingEntry): void {
  if (!out.json) out.lines(landingLines(landing, title, { style: out.style, columns: out.columns, now: now() }));
}

function exitCode({ out }: Session, outcome: readonly LandingEntry[]): ExitCode {
  if (outcome.some(({ landing }) => !isLandingDone(landing))) {
    out.note('The time is over, the landing goes on: heddle landing ls');
    return EXIT.timeLimit;
  }
  if (outcome.some(({ landing }) => landing.state === 'CONFLICTED')) {
    out.note(
      'What conflicted is kept: bring it onto the branch as it is now with heddle reconcile create --from-tip <change>, or launch its task again.',
    );
  }
  return outcome.every(({ landing }) => landing.state === 'LANDED') ? EXIT.ok : EXIT.workFailed;
}
