import type { FileHistory } from './file-history.js';
import { namedFiles, type PathIndex } from './named-files.js';
import { pathWords, searchWords, type SearchWord } from './search-words.js';

/** What a task asks for, in words. */
export interface PlannedTask {
  readonly title: string;
  readonly prompt: string;
  /** Files that fit its declared paths. */
  readonly declared: readonly string[];
}

/** Why a file is expected: `word` is the name, the word, or the file that it changed with. */
export interface FileSign {
  readonly kind: 'NAMED' | 'DECLARED' | 'FILE_NAME' | 'TEXT' | 'HISTORY';
  readonly word: string;
}

export interface PredictedFile {
  readonly path: string;
  /** How surely the task will touch it: 0 to 1. A rank, not a measured probability. */
  readonly weight: number;
  /** The strongest first. */
  readonly signs: readonly FileSign[];
}

/** What is known of the repository at the base. */
export interface RepositoryFacts {
  readonly index: PathIndex;
  /** By word of a file's name, in small letters, the files. */
  readonly byNameWord: ReadonlyMap<string, readonly string[]>;
  /** By word, the files whose text has it; a word that is in too many files is not in it. */
  readonly byWord: ReadonlyMap<string, ReadonlySet<string>>;
  readonly history: FileHistory;
}

/** Hand-set: what was never scored can't be fitted. */
const SURE = { named: 0.95, declared: 0.9, fileName: 0.6, text: 0.6, history: 0.5 } as const;
const PLAIN_WORD = 0.4;
/** Declared paths of more files than this say of each of them less. */
const DECLARED_FILES = 5;
const LEAST_WEIGHT = 0.3;
const MAX_FILES = 30;
const MAX_SIGNS = 5;

interface Weighed extends FileSign {
  readonly weight: number;
}

/** For `RepositoryFacts`. */
export function nameWordIndex(index: PathIndex): Map<string, string[]> {
  const files = new Map<string, string[]>();
  for (const path of index)
    for (const word of pathWords(path)) {
      const known = files.get(word);
      if (known === undefined) files.set(word, [path]);
      else known.push(path);
    }
  return files;
}

/** The words of a task that have to be looked for in the repository's texts. */
export function wordsOf({ title, prompt }: Pick<PlannedTask, 'title' | 'prompt'>): SearchWord[] {
  return searchWords(`${title}\n${prompt}`);
}

/** The files that a task is expected to touch, the surest first. Only files that are there: what will be new is not foreseen. */
export function predictFiles(task: PlannedTask, facts: RepositoryFacts): PredictedFile[] {
  const signs = new Map<string, Weighed[]>();
  const add = (path: string, sign: Weighed): void => {
    const known = signs.get(path);
    if (known === undefined) signs.set(path, [sign]);
    else known.push(sign);
  };
  for (const { path, name, of } of namedFiles(`${task.title}\n${task.prompt}`, facts.index))
    add(path, { kind: 'NAMED', word: name, weight: SURE.named / of });
  const declared = [...new Set(task.declared)].filter((path) => facts.index.has(path));
  const each = SURE.declared * Math.min(1, DECLARED_FILES / Math.max(1, declared.length));
  for (const path of declared) add(path, { kind: 'DECLARED', word: '', weight: each });
  for (const { word, isName } of wordsOf(task)) {
    const sure = isName ? 1 : PLAIN_WORD;
    const byName = isName ? [] : (facts.byNameWord.get(word) ?? []);
    const named = SURE.fileName * telling(byName.length, facts.index.size);
    for (const path of byName) add(path, { kind: 'FILE_NAME', word, weight: named });
    const having = facts.byWord.get(word) ?? new Set<string>();
    const text = SURE.text * sure * telling(having.size, facts.index.size);
    for (const path of having) if (facts.index.has(path)) add(path, { kind: 'TEXT', word, weight: text });
  }
  const seeds = weighed(signs).filter(({ weight }) => weight >= 0.5);
  for (const seed of seeds)
    for (const { path, share } of facts.history.companions(seed.path))
      if (facts.index.has(path))
        add(path, { kind: 'HISTORY', word: seed.path, weight: SURE.history * share * seed.weight });
  return weighed(signs)
    .filter(({ weight }) => weight >= LEAST_WEIGHT)
    .slice(0, MAX_FILES);
}

/** 1 for what one file has, towards 0 for what all have. */
function telling(files: number, all: number): number {
  if (files === 0) return 0;
  const share = all <= 1 ? 1 : Math.log(all / Math.min(files, all)) / Math.log(all);
  return files === 1 ? 1 : share ** 2;
}

function weighed(signs: ReadonlyMap<string, readonly Weighed[]>): PredictedFile[] {
  return [...signs]
    .map(([path, found]) => {
      // A fixed order: sums of fractions depend on it, and the answer must not.
      const sorted = [...found].sort(
        (a, b) => b.weight - a.weight || compare(a.kind, b.kind) || compare(a.word, b.word),
      );
      return {
        path,
        weight: 1 - sorted.reduce((rest, { weight }) => rest * (1 - weight), 1),
        signs: sorted.slice(0, MAX_SIGNS).map(({ kind, word }) => ({ kind, word })),
      };
    })
    .sort((a, b) => b.weight - a.weight || compare(a.path, b.path));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
