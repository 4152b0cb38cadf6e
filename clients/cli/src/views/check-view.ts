import { durationToMs, type CheckResult } from '@heddle/sdk';
import { table } from '../output/table.js';
import { duration } from '../output/time.js';
import { statePaint } from './state-paint.js';
import type { ViewOptions } from './view-options.js';

export function checkTable(checks: readonly CheckResult[], { style, columns }: ViewOptions): string[] {
  if (checks.length === 0) return ['No checks were run.'];
  return table(
    [
      { title: 'CHECK' },
      { title: 'STATE' },
      { title: 'EXIT', align: 'right' },
      { title: 'TOOK', align: 'right' },
      { title: '' },
    ],
    checks.map((check) => [
      { text: check.name, paint: style.bold },
      { text: check.state, paint: statePaint(style, check.state) },
      { text: check.exitCode === undefined ? '-' : String(check.exitCode) },
      { text: check.duration === undefined ? '-' : duration(durationToMs(check.duration)) },
      {
        text: [check.statusDetail, check.advisory ? 'advisory' : ''].filter((word) => word !== '').join(' '),
        paint: style.dim,
      },
    ]),
    { columns, paintHead: style.dim },
  );
}

/** `unit ok, lint FAILED`: all checks in one cell; empty where there are none. */
export function checkSummary(checks: readonly CheckResult[]): string {
  const red = checks.filter((check) => check.state !== 'PASSED');
  if (checks.length === 0) return '';
  if (red.length === 0) return `${String(checks.length)} passed`;
  return red.map((check) => `${check.name} ${check.state}`).join(', ');
}

/** A red check that is not advisory: the change can't land with it. */
export function blocks(check: CheckResult): boolean {
  return !check.advisory && ['FAILED', 'TIMED_OUT', 'ERRORED'].includes(check.state);
}
