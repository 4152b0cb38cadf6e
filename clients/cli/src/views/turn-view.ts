import type { Turn } from '@heddle/sdk';
import { oneLine } from '../output/neutralise.js';
import { table } from '../output/table.js';
import { ago } from '../output/time.js';
import { statePaint } from './state-paint.js';
import type { ViewOptions } from './view-options.js';

const FROM: Readonly<Record<string, string>> = { AFRESH: 'afresh', RESUMED: 'resumed' };

/** Oldest first, each with the first line of what it was told. */
export function turnLines(turns: readonly Turn[], { style, columns, now }: ViewOptions): string[] {
  if (turns.length === 0) return ['It has had no turn yet.'];
  return table(
    [
      { title: 'TURN', align: 'right' },
      { title: 'STATE' },
      { title: 'CONVERSATION' },
      { title: 'TOKENS', align: 'right' },
      { title: 'ENDED' },
      { title: 'MESSAGE' },
    ],
    turns.map((turn) => [
      { text: String(turn.turn) },
      { text: `${turn.state} ${turn.statusDetail}`.trimEnd(), paint: statePaint(style, turn.state) },
      { text: FROM[turn.conversation] ?? '-' },
      { text: tokens(turn) },
      { text: turn.endTime === undefined ? '-' : ago(turn.endTime, now), paint: style.dim },
      { text: turn.turn === 1 ? "the task's prompt" : oneLine(turn.message) },
    ]),
    { columns, paintHead: style.dim },
  );
}

function tokens({ modelUsage }: Turn): string {
  return modelUsage === undefined ? '-' : String(Number(modelUsage.inputTokens) + Number(modelUsage.outputTokens));
}
