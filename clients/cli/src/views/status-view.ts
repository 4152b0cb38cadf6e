import type { AgentKind, Caller, ServerInfo } from '@heddle/sdk';
import { oneLine } from '../output/neutralise.js';
import { shortId } from '../output/short-id.js';
import { truncate } from '../output/text-width.js';
import { statePaint } from './state-paint.js';
import type { ViewOptions } from './view-options.js';

/** Status is a glance: `heddle attempt ls` has all. */
const MAX_DOING = 8;

export interface Status {
  readonly url: string;
  readonly server: ServerInfo;
  readonly caller: Caller;
  readonly agents: readonly AgentKind[];
  readonly repositories: number;
  /** What has not ended, by state. */
  readonly attempts: Readonly<Record<string, number>>;
  /** Of running attempts, where it is known. */
  readonly doing: readonly { readonly attemptId: string; readonly activitySummary: string }[];
  /** What has not landed, by state; conflicts wait for somebody. */
  readonly landings: Readonly<Record<string, number>>;
  /** What has not ended, by state. */
  readonly reconciliations: Readonly<Record<string, number>>;
}

export function statusLines(status: Status, { style, columns }: ViewOptions): string[] {
  const field = (name: string, value: string): string => `${style.dim(name.padEnd(13))} ${value}`;
  const counts = (byState: Readonly<Record<string, number>>): string =>
    Object.entries(byState)
      .map(([state, count]) => `${String(count)} ${statePaint(style, state)(oneLine(state))}`)
      .join(', ');
  const orNone = (text: string): string => (text === '' ? 'none' : text);
  const agents = status.agents.map(({ kind, available }) =>
    available ? oneLine(kind) : style.dim(`${oneLine(kind)} (not available)`),
  );
  const doing = status.doing.map(({ attemptId, activitySummary }) =>
    field(
      '',
      truncate(`${shortId(attemptId)} ${oneLine(activitySummary)}`, columns === undefined ? 120 : columns - 14),
    ),
  );
  return [
    field('server', `${status.url}  ${style.green('up')}  version ${oneLine(status.server.version)}`),
    field('you', `${oneLine(status.caller.principal)} (${status.caller.role})`),
    field('agents', orNone(agents.join(', '))),
    field('repositories', orNone(status.repositories === 0 ? '' : String(status.repositories))),
    field('open attempts', orNone(counts(status.attempts))),
    ...doing.slice(0, MAX_DOING),
    field('open landings', orNone(counts(status.landings))),
    field('reconciling', orNone(counts(status.reconciliations))),
  ];
}
