import type { AgentTool } from '@heddle/sdk';
import { byteSize } from '../output/bytes.js';
import { oneLine } from '../output/neutralise.js';
import { shortId } from '../output/short-id.js';
import { table } from '../output/table.js';
import { ago } from '../output/time.js';
import { statePaint } from './state-paint.js';
import type { ViewOptions } from './view-options.js';

/** Every version on every runner, and why one is not there. */
export function agentToolLines(tools: readonly AgentTool[], { style, columns, now }: ViewOptions): string[] {
  if (tools.length === 0) return ['No agent is installed. Install one: heddle admin agents install CODEX --wait'];
  const rows = tools.flatMap((tool) =>
    (tool.runners.length === 0 ? [undefined] : tool.runners).map((on) => ({ tool, on })),
  );
  const lines = table(
    [
      { title: 'KIND' },
      { title: 'VERSION' },
      { title: '' },
      { title: 'RUNNER' },
      { title: 'STATE' },
      { title: 'SIZE', align: 'right' },
      { title: 'VERIFIED' },
    ],
    rows.map(({ tool, on }) => [
      { text: tool.kind },
      { text: tool.version },
      { text: tool.wanted ? (tool.default ? 'default' : '') : 'going', paint: style.dim },
      { text: on === undefined ? '-' : shortId(on.runnerId) },
      { text: on?.state ?? '-', paint: statePaint(style, on?.state ?? 'NONE') },
      { text: byteSize(on?.sizeBytes ?? 0) },
      { text: on?.verifyTime == null ? '-' : ago(on.verifyTime, now), paint: style.dim },
    ]),
    { columns, paintHead: style.dim },
  );
  const failures = rows.flatMap(({ tool, on }) => {
    if (on?.state !== 'FAILED') return [];
    const named = `${tool.kind} --version ${tool.version}`;
    return [
      style.red(`${tool.kind} ${tool.version} on ${shortId(on.runnerId)}: ${oneLine(on.message)}`),
      ...(tool.wanted
        ? [`  try it again: heddle admin agents install ${named}; or take it away: heddle admin agents remove ${named}`]
        : []),
    ];
  });
  return [...lines, ...failures];
}
