import type { Ranking, Task } from '@heddle/sdk';
import { oneLine } from '../output/neutralise.js';
import { shortId } from '../output/short-id.js';
import { table } from '../output/table.js';
import { statePaint } from './state-paint.js';
import type { ViewOptions } from './view-options.js';

type Candidate = Ranking['candidates'][number];
type CrossTest = Ranking['tests'][number];

/** The attempts at a task by evidence: the answer, why, what each has for and against it, and what tells them apart. */
export function rankingView(task: Pick<Task, 'title' | 'id'>, ranking: Ranking, view: ViewOptions): string[] {
  const { style, columns } = view;
  const numbers = new Map(ranking.candidates.map(({ attemptId, attemptNumber }) => [attemptId, attemptNumber]));
  return [
    `${style.bold('Task')} ${shortId(task.id)}  ${oneLine(task.title)}`,
    answer(ranking, view),
    ...ranking.reasons.map(({ message }) => `  ${oneLine(message)}`),
    ...table(
      [
        { title: 'RANK', align: 'right' },
        { title: '#', align: 'right' },
        { title: 'ATTEMPT' },
        { title: 'VOTES' },
        { title: 'LINES', align: 'right' },
        { title: 'FILES', align: 'right' },
        { title: 'TOKENS', align: 'right' },
        { title: 'AGAINST IT', shrinks: true },
      ],
      ranking.candidates.map((candidate) => [
        { text: candidate.rank === 0 ? '-' : String(candidate.rank), paint: style.bold },
        { text: String(candidate.attemptNumber), paint: style.dim },
        { text: shortId(candidate.attemptId) },
        { text: votes(candidate) },
        { text: String(candidate.changedLines) },
        { text: String(candidate.changedFiles) },
        { text: candidate.tokens === '0' ? '-' : candidate.tokens },
        { text: against(candidate), paint: candidate.gates.length > 0 ? style.red : style.yellow },
      ]),
      { columns, paintHead: style.dim },
    ),
    ...differences(ranking.tests, numbers, view),
    ...picked(ranking),
    ...nextSteps(ranking),
  ];
}

const WORDS = { WINNER: 'Best', TIE: 'Equal', NO_WINNER: 'No winner', OUTCOME_UNSPECIFIED: 'No winner' } as const;

function answer({ outcome, confidence, bestAttemptIds }: Ranking, { style }: ViewOptions): string {
  const word = statePaint(style, outcome === 'NO_WINNER' ? 'FAILED' : 'COMPLETED')(WORDS[outcome]);
  if (bestAttemptIds.length === 0) return word;
  return `${word}: ${bestAttemptIds.map(shortId).join(', ')}  (confidence ${confidence.toLowerCase()})`;
}

function votes({ rank, votesFor, votesAgainst }: Candidate): string {
  return rank === 0 || votesFor + votesAgainst === 0 ? '-' : `${String(votesFor)} for, ${String(votesAgainst)} against`;
}

function against({ gates, risks }: Candidate): string {
  const failed = gates.map(({ message, paths }) => (paths.length === 0 ? message : `${message}: ${paths.join(', ')}`));
  return oneLine([...failed, ...risks.map((risk) => `touches ${risk}`)].join('; ') || '-');
}

/** Tests that some pass and others fail. */
function differences(
  tests: readonly CrossTest[],
  numbers: ReadonlyMap<string, number>,
  { style }: ViewOptions,
): string[] {
  const telling = tests.filter(({ distinguishes }) => distinguishes);
  if (telling.length === 0) return [];
  const nameOf = (id: string): string => (id === '' ? 'base' : `#${String(numbers.get(id) ?? '?')}`);
  return [
    '',
    style.bold('What tells them apart'),
    ...telling.map(({ authorAttemptId, path, results, votes: hasVote, message }) => {
      const said = results.map(({ attemptId, state }) => `${nameOf(attemptId)} ${state}`).join(', ');
      return `  ${oneLine(path)} of ${nameOf(authorAttemptId)}: ${said}${hasVote ? '' : ` (no vote: ${message})`}`;
    }),
  ];
}

function picked({ selection, accuracy }: Ranking): string[] {
  const share = (value: number): string => `${String(Math.round(value * 100))} %`;
  const lines: string[] = [];
  if (selection !== undefined)
    lines.push(
      `Picked: ${shortId(selection.attemptId)}${selection.comment === '' ? '' : `, ${oneLine(selection.comment)}`}`,
    );
  if (accuracy !== undefined && accuracy.picks > 0)
    lines.push(
      `In this repository people picked the first of ${String(accuracy.agreed)} of ${String(accuracy.picks)} rankings (${share(accuracy.low)} to ${share(accuracy.high)})`,
    );
  return lines.length === 0 ? [] : ['', ...lines];
}

function nextSteps({ bestAttemptIds: [best], selection }: Ranking): string[] {
  if (best === undefined || selection !== undefined) return [];
  return ['', `heddle diff ${shortId(best)}, heddle select ${shortId(best)}`];
}
