import type { EgressReport, EgressRequest } from '@heddle/sdk';
import { table } from '../output/table.js';
import { clock } from '../output/time.js';
import { ruleText } from './environment-view.js';
import type { ViewOptions } from './view-options.js';

export function egressTable({ requests, truncated }: EgressReport, { style, columns }: ViewOptions): string[] {
  if (requests.length === 0)
    return [
      'Nothing was asked of the network. What may be reached is in the environment: heddle environment show NAME',
    ];
  const paints = { ALLOWED: style.green, REFUSED: style.red, FAILED: style.yellow } as const;
  const lines = table(
    [
      { title: 'TIME' },
      { title: 'PHASE' },
      { title: 'VERDICT' },
      { title: 'REQUEST', shrinks: true },
      { title: 'STATUS', align: 'right' },
      { title: 'REASON' },
      { title: 'WAITED', align: 'right' },
      { title: 'SENT', align: 'right' },
      { title: 'RECEIVED', align: 'right' },
      { title: 'WOULD BE ALLOWED BY' },
    ],
    requests.map((request) => [
      { text: request.time === undefined ? '' : clock(new Date(request.time)), paint: style.dim },
      { text: request.phase },
      { text: request.verdict, paint: paintOf(paints, request.verdict) },
      { text: target(request) },
      { text: request.status === 0 ? '' : String(request.status) },
      { text: request.reason },
      { text: request.waitDuration ?? '' },
      { text: request.bytesSent },
      { text: request.bytesReceived },
      { text: request.suggestion === undefined ? '' : ruleText(request.suggestion) },
    ]),
    { columns, paintHead: style.dim },
  );
  return truncated ? [...lines, style.dim('There were more: only the first are kept.')] : lines;
}

function target({ host, port, method, path }: EgressRequest): string {
  return [method, `${host}:${String(port)}${path}`].filter((word) => word !== '').join(' ');
}

function paintOf<Paint>(paints: Readonly<Record<string, Paint>>, verdict: string): Paint | ((text: string) => string) {
  return paints[verdict] ?? ((text) => text);
}
