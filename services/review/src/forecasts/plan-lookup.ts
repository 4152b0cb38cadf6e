import { Injectable } from '@nestjs/common';
import type { TaskSpec } from '@heddle/contracts';
import {
  advisePairs,
  FileHistory,
  nameWordIndex,
  PathIndex,
  predictFiles,
  spellings,
  taskTitle,
  wordsOf,
  type AdvisedPair,
  type SearchWord,
} from '@heddle/domain';
import { filesWithWords, listTree, recentCommits, showPath } from '@heddle/git';
import { pathGlob } from '@heddle/sandbox';
import { GitStores } from '../git-store/git-stores.js';
import { LruCache } from '../shared/lru-cache.js';
import type { ForecastTaskFacts } from './forecast.entity.js';

/** What is known of a commit whoever asks. */
interface CommitFacts {
  readonly index: PathIndex;
  readonly byNameWord: ReadonlyMap<string, readonly string[]>;
  readonly history: FileHistory;
  readonly complete: boolean;
}

export interface Plan {
  readonly tasks: readonly ForecastTaskFacts[];
  readonly pairs: readonly AdvisedPair[];
  /** False where not all of the repository was looked through. */
  readonly complete: boolean;
}

type PlannedTaskSpec = Pick<TaskSpec, 'title' | 'prompt' | 'declaredPaths'>;

/** A word of more files is no sign of any of them. */
const MAX_FILES_A_WORD = 50;
/** Of all tasks together: git looks for each in every line. */
const MAX_WORDS = 400;
const MAX_PATH_BYTES = 200;
const MAX_COMMITS = 2_000;
const SEARCH_MS = 20_000;
const HISTORY_MS = 10_000;
const SEARCH_LIMITS = { cpuSeconds: 20, memoryBytes: 1024 ** 3 };

/** Looks through a repository for what planned tasks are about. */
@Injectable()
export class PlanLookup {
  /** A forecast mostly follows another one of the same base. */
  private readonly commits = new LruCache<CommitFacts>(4);

  constructor(private readonly stores: GitStores) {}

  /** @param commit is in the store */
  async look(repositoryId: string, commit: string, specs: readonly PlannedTaskSpec[]): Promise<Plan> {
    const at = { gitDir: this.stores.directory(repositoryId) };
    const facts = await this.commits.get(`${repositoryId} ${commit}`, () => readCommitFacts(at, commit));
    const words = chosenWords(specs.map((spec) => wordsOf(spec)));
    const found = await filesWithWords(at, commit, words.flatMap(spellings), {
      maxFiles: MAX_FILES_A_WORD,
      timeoutMs: SEARCH_MS,
      limits: SEARCH_LIMITS,
    });
    const byWord = new Map(
      words.map((word) => [word.word, new Set(spellings(word).flatMap((one) => [...(found.files.get(one) ?? [])]))]),
    );
    const tasks = specs.map((spec) => ({
      title: taskTitle(spec),
      files: predictFiles({ ...spec, declared: declaredFiles(spec.declaredPaths, facts.index) }, { ...facts, byWord }),
    }));
    return {
      tasks,
      pairs: advisePairs(
        tasks.map(({ files }) => files),
        facts.history,
      ),
      complete: facts.complete && found.complete,
    };
  }
}

async function readCommitFacts(at: { readonly gitDir: string }, commit: string): Promise<CommitFacts> {
  const [tree, commits] = await Promise.all([
    listTree(at, commit),
    recentCommits(at, commit, { most: MAX_COMMITS, timeoutMs: HISTORY_MS }),
  ]);
  const index = new PathIndex(tree.filter(({ mode }) => mode.startsWith('100')).flatMap(({ path }) => readable(path)));
  return {
    index,
    byNameWord: nameWordIndex(index),
    history: new FileHistory(commits ?? [], commits?.[0]?.time ?? 0),
    complete: commits !== undefined,
  };
}

/** Nobody can name a path that is no text, and what is longer would fill the answer. */
function readable(path: Buffer): string[] {
  const shown = showPath(path);
  return shown.pathBytes === undefined && path.length <= MAX_PATH_BYTES ? [shown.path] : [];
}

function declaredFiles(globs: readonly string[], index: PathIndex): string[] {
  if (globs.length === 0) return [];
  const fits = globs.map(pathGlob);
  return [...index].filter((path) => {
    const bytes = Buffer.from(path).toString('latin1');
    return fits.some((fit) => fit(bytes));
  });
}

/** Each task's most telling words before the next ones of any: a long prompt takes no other's. */
function chosenWords(ofTasks: readonly (readonly SearchWord[])[]): SearchWord[] {
  const chosen = new Map<string, SearchWord>();
  const longest = Math.max(0, ...ofTasks.map((words) => words.length));
  for (let rank = 0; rank < longest; rank++)
    for (const words of ofTasks) {
      const word = words[rank];
      if (word !== undefined && chosen.size < MAX_WORDS && !chosen.has(word.word)) chosen.set(word.word, word);
    }
  return [...chosen.values()];
}
