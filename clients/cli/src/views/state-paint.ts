import type { Paint, Style } from '../output/style.js';

const GOOD: ReadonlySet<string> = new Set([
  'COMPLETED',
  'SUCCEEDED',
  'PASSED',
  'APPROVED',
  'LANDED',
  'ACTIVE',
  'READY',
  'MET',
  'QUICK',
]);
const BAD: ReadonlySet<string> = new Set([
  'FAILED',
  'TIMED_OUT',
  'REJECTED',
  'CONFLICTED',
  'EJECTED',
  'REFUSING',
  'LOST',
  'ERRORED',
  'TEXTUAL',
  'TEST',
  'UNMET',
]);
const MOVING: ReadonlySet<string> = new Set([
  'PROVISIONING',
  'INSTALLING',
  'RUNNING',
  'CHECKING',
  'TESTING',
  'PUSHING',
  'PROPOSED',
  'SYNCING',
]);
const QUIET: ReadonlySet<string> = new Set(['QUEUED', 'NONE', 'CANCELLED', 'SKIPPED', 'PENDING', 'STATE_UNSPECIFIED']);

/** One colour language for all states: green done, red needs somebody, cyan at work, dim waiting, yellow the rest. */
export function statePaint(style: Style, state: string): Paint {
  if (GOOD.has(state)) return style.green;
  if (BAD.has(state)) return style.red;
  if (MOVING.has(state)) return style.cyan;
  if (QUIET.has(state)) return style.dim;
  return style.yellow;
}
