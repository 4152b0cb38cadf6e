import type { Batch, OverlapPair } from '@heddle/sdk';
import { oneLine } from '../output/neutralise.js';
import { shortId } from '../output/short-id.js';
import { table } from '../output/table.js';
import { statePaint } from './state-paint.js';
import type { ViewOptions } from './view-options.js';

/** @param batch gives the titles; absent: ids stand in their place */
export function overlapTable(
  pairs: readonly OverlapPair[],
  batch: Batch | undefined,
  { style, columns }: ViewOptions,
): string[] {
  if (pairs.length === 0) return ['No overlaps between changes of different tasks.'];
  const titles = attemptTitles(batch);
  const name = (id: string): string => titles.get(id) ?? shortId(id);
  return table(
    [{ title: 'LEVEL' }, { title: 'CHANGES', shrinks: true }, { title: 'PATHS', shrinks: true }, { title: '' }],
    pairs.map((pair) => [
      { text: pair.level, paint: statePaint(style, pair.level) },
      { text: pair.attemptIds.map(name).join('  ×  ') },
      { text: pair.paths.join(', ') },
      {
        text: [pair.duplicate ? 'DUPLICATE' : '', pair.basis === 'LIVE' ? 'so far' : '', togetherWord(pair)]
          .filter((word) => word !== '')
          .join(' '),
        paint: style.dim,
      },
    ]),
    { columns, paintHead: style.dim },
  );
}

/** Below each pair that is more than a shared file, what it is that the two have in common. */
export function overlapEvidence(
  pairs: readonly OverlapPair[],
  batch: Batch | undefined,
  { style }: ViewOptions,
): string[] {
  const titles = attemptTitles(batch);
  return pairs.flatMap((pair) => {
    const told = pair.evidence.filter(({ level, conflict }) => level !== 'FILE' || conflict !== '');
    if (told.length === 0) return [];
    const names = pair.attemptIds.map((id) => titles.get(id) ?? shortId(id)).join('  ×  ');
    return ['', oneLine(names), ...told.map((evidence) => style.dim(oneLine(`  ${evidenceLine(evidence)}`)))];
  });
}

function togetherWord({ together }: OverlapPair): string {
  if (together === 'PASSED') return 'passes together';
  return together === 'RUNNING' ? 'tested together now' : '';
}

function evidenceLine({
  path,
  conflict,
  entity,
  resource,
  detail,
  otherPath,
  check,
}: OverlapPair['evidence'][number]): string {
  const what = [conflict, entity, resource].filter((word) => word !== '').join(' ');
  if (check !== '') return `check ${check}: ${detail}`;
  return [
    `${path}: ${what}`,
    ...(detail === '' ? [] : [`, ${detail}`]),
    ...(otherPath === '' ? [] : [` (${otherPath})`]),
  ].join('');
}

function attemptTitles(batch: Batch | undefined): Map<string, string> {
  const entries = (batch?.tasks ?? []).flatMap((task, index) =>
    task.attempts.map((attempt): [string, string] => [attempt.id, `${String(index + 1)} ${task.title}`]),
  );
  return new Map(entries);
}
