import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { languageOf, SourceReader, type Entity } from '@heddle/code';
import type { ResourceKindOf } from '@heddle/domain';
import { footprint, lineChanges, parentsOf, readBlob, showPath, type LineHunk, type RawFile } from '@heddle/git';
import { ChangeFiles } from '../changes/change-files.js';
import { GitStores } from '../git-store/git-stores.js';
import type { RepositoryResources } from '../resources/resource-kinds.js';
import { LruCache } from '../shared/lru-cache.js';
import { changeDigest, fileFacts, touchedPaths, type ChangeFacts, type FileFacts } from './change-facts.js';
import { entityChanges, type EntityChanges } from './entity-changes.js';

/** Of one attempt's work: what there is to compare. */
export interface Head {
  readonly repositoryId: string;
  readonly baseCommit: string;
  readonly commit: string;
  readonly treeId: string;
}

/** By `<family> <name>`: where a change begins to use a name. */
export type Uses = ReadonlyMap<string, string>;

/** What is beyond these stays at the level of files. */
const MAX_PATCH_BYTES = 4 * 1024 * 1024;
const MAX_PARSED_FILES = 200;
const MAX_SOURCE_BYTES = 512 * 1024;
const PARSED_AT_ONCE = 8;

/** What each change does, by its lines and by what they declare. Between two commits it never differs: it is found once. */
@Injectable()
export class ChangeAnalysis implements BeforeApplicationShutdown {
  private readonly reader = new SourceReader({ maxBytes: MAX_SOURCE_BYTES });
  private readonly facts = new LruCache<ChangeFacts>(512);
  private readonly entities = new LruCache<readonly Entity[] | undefined>(2_048);
  private readonly found = new LruCache<readonly string[]>(2_048);

  constructor(
    private readonly stores: GitStores,
    private readonly files: ChangeFiles,
  ) {}

  beforeApplicationShutdown(): void {
    this.reader.close();
  }

  /** @param resources of the head's repository */
  of(head: Head, { revision, kindOf }: RepositoryResources): Promise<ChangeFacts> {
    const key = `${head.repositoryId} ${head.baseCommit} ${head.commit} ${revision}`;
    return this.facts.get(key, () => this.analyse(head, kindOf));
  }

  /** Where a change begins to use some of these names, of each language family, in code: not in a comment or a text. */
  async uses(head: Head, facts: ChangeFacts, names: ReadonlyMap<string, ReadonlySet<string>>): Promise<Uses> {
    const uses = new Map<string, string>();
    for (const file of facts.files) {
      if (file.family === undefined || file.headId === undefined) continue;
      const wanted = [...(names.get(file.family) ?? [])].filter((name) => file.addedWords.has(name)).sort();
      if (wanted.length === 0) continue;
      const key = [head.repositoryId, facts.commit, file.headPath, ...wanted].join(' ');
      for (const name of await this.found.get(key, () => this.find(head, file, wanted)))
        uses.set(`${file.family} ${name}`, file.headPath);
    }
    return uses;
  }

  private async analyse(head: Head, kindOf: ResourceKindOf): Promise<ChangeFacts> {
    const at = { gitDir: this.stores.directory(head.repositoryId) };
    const [lines, parents] = await Promise.all([
      lineChanges(at, head.baseCommit, head.commit, MAX_PATCH_BYTES),
      parentsOf(at, head.commit),
    ]);
    const files = lines.files ?? (await this.files.of(head.repositoryId, head.baseCommit, head.commit));
    const hunksOf = (file: RawFile): readonly LineHunk[] | undefined => lines.of(file.path, file.oldPath);
    const parsed = new Set(
      files
        .filter((file) => hunksOf(file) !== undefined && languageOf(showPath(file.path).path) !== undefined)
        .slice(0, MAX_PARSED_FILES),
    );
    const facts: FileFacts[] = [];
    for (let start = 0; start < files.length; start += PARSED_AT_ONCE) {
      const part = files.slice(start, start + PARSED_AT_ONCE).map(async (file) => {
        const hunks = hunksOf(file);
        const changes = hunks === undefined || !parsed.has(file) ? undefined : await this.changes(at, file, hunks);
        return fileFacts(file, hunks, changes);
      });
      facts.push(...(await Promise.all(part)));
    }
    return {
      commit: head.commit,
      treeId: head.treeId,
      parents,
      paths: touchedPaths(files),
      footprint: footprint(files),
      touched: files.map((file) => ({
        path: showPath(file.path).path,
        added: file.status === 'ADDED' || file.status === 'RENAMED',
      })),
      renames: new Map(
        files.flatMap((file) =>
          file.oldPath === undefined ? [] : [[showPath(file.path).path, showPath(file.oldPath).path] as const],
        ),
      ),
      digest: changeDigest(files, hunksOf, kindOf),
      files: facts,
    };
  }

  private async changes(
    at: { gitDir: string },
    file: RawFile,
    hunks: readonly LineHunk[],
  ): Promise<EntityChanges | undefined> {
    const [base, head] = await Promise.all([
      this.declared(at, file.oldPath ?? file.path, file.oldMode, file.oldId),
      this.declared(at, file.path, file.mode, file.id),
    ]);
    return base === undefined || head === undefined ? undefined : entityChanges(base, head, hunks);
  }

  /** @returns nothing of a side that is not there; undefined where it does not parse */
  private declared(
    at: { gitDir: string },
    path: Buffer,
    mode: string | undefined,
    id: string | undefined,
  ): Promise<readonly Entity[] | undefined> {
    const shown = showPath(path).path;
    const language = languageOf(shown);
    if (id === undefined) return Promise.resolve([]);
    if (language === undefined || mode?.startsWith('100') !== true) return Promise.resolve(undefined);
    return this.entities.get(`${language.name} ${id}`, async () => {
      const content = await readBlob(at, id, MAX_SOURCE_BYTES);
      const outcome = content === undefined ? undefined : await this.reader.read(shown, content);
      return outcome?.kind === 'READ' && outcome.answer.parsed ? outcome.answer.entities : undefined;
    });
  }

  private async find(head: Head, file: FileFacts, names: readonly string[]): Promise<readonly string[]> {
    const at = { gitDir: this.stores.directory(head.repositoryId) };
    const content = await readBlob(at, file.headId ?? '', MAX_SOURCE_BYTES);
    const outcome = content === undefined ? undefined : await this.reader.read(file.headPath, content, { names });
    if (outcome?.kind !== 'READ') return [];
    const isAdded = (line: number): boolean =>
      file.addedLines.some(([first, count]) => first <= line && line < first + count);
    return [...new Set(outcome.answer.uses.filter(({ line }) => isAdded(line)).map(({ name }) => name))];
  }
}
