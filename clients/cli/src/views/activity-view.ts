import type { AgentActivity } from '@heddle/sdk';
import { neutralise } from '../output/neutralise.js';
import type { Style } from '../output/style.js';

/** One activity in one line, harmless for a terminal. */
export function activityLine(activity: AgentActivity, style: Style): string {
  const { kind, status, summary, usage, command } = activity;
  const word = kind.toLowerCase().replace('_', ' ').padEnd(11);
  const text = neutralise(usage === undefined ? summary : tokens(usage)).replaceAll('\n', ' ');
  const ending = status === 'STARTED' ? style.dim(' …') : status === 'FAILED' ? ` ${failure(command?.exitCode)}` : '';
  const line = `${style.dim(word)} ${text}${ending}`;
  return kind === 'ERROR' || status === 'FAILED' ? style.red(line) : line;
}

function failure(exitCode: number | undefined): string {
  return exitCode === undefined ? '(failed)' : `(exit code ${String(exitCode)})`;
}

/** Of an agent's turn, or of all its turns. */
export function tokens({ inputTokens, cachedInputTokens, outputTokens }: NonNullable<AgentActivity['usage']>): string {
  const cached = cachedInputTokens === '0' ? '' : ` (${cachedInputTokens} from a cache)`;
  return `${inputTokens} tokens in${cached}, ${outputTokens} out`;
}
