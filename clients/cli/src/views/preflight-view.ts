import type { Preflight } from '@heddle/sdk';
import { oneLine } from '../output/neutralise.js';
import { shortCommit } from '../output/short-id.js';
import type { Style } from '../output/style.js';

/** What would happen to a change in a queue, and all that is in its way. */
export function preflightLines(preflight: Preflight, title: string, style: Style): string[] {
  const { targetBranch, targetCommit, blockers, conflictPaths, aheadCount } = preflight;
  const at = targetCommit === undefined ? 'not there yet' : shortCommit(targetCommit);
  const verdict = blockers.length === 0 ? style.green('would be queued') : style.red('would not land');
  const head = `${verdict}  ${oneLine(title)}  ${oneLine(`→ ${targetBranch}`)} ${style.dim(`(${at}, ${String(aheadCount)} ahead)`)}`;
  return [
    head,
    ...blockers.map(({ reason, message }) => `  ${reason}  ${style.dim(oneLine(message))}`),
    ...conflictPaths.map((path) => `  conflict in ${style.red(oneLine(path))}`),
  ];
}
