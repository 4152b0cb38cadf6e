import { createHash } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, subordinateIds, type IdRange } from '@heddle/sandbox';

/** Above what distributions give to users, services and subordinate ranges of the first of them. */
const FIRST_UID = 200_000;
/** Each data directory of a host has a range of its own (by chance, not by agreement): 8,192 ranges of 256. */
const RANGES = 8_192;
const RANGE = 256;

/** One uid of this host per repository, the same for ever: base checkouts belong to it. */
export class UidAllocator {
  private table: Promise<Map<string, number>> | undefined;
  private saving: Promise<void> = Promise.resolve();
  /** How many of the table's entries are on disk. */
  private saved = 0;

  /** @param subordinate the ids that there are, where root is one of a user namespace */
  constructor(
    private readonly directory: string,
    private readonly subordinate: IdRange | undefined = subordinateIds(),
  ) {}

  async uidOf(repositoryId: string): Promise<number> {
    // Without root everything runs as the caller itself.
    const own = process.getuid?.() ?? 0;
    if (own !== 0) return own;
    this.table ??= this.load();
    const table = await this.table;
    const uid = table.get(repositoryId) ?? this.first + table.size;
    table.set(repositoryId, uid);
    // Nobody gets a uid that a restart could give to another.
    if (this.saved < table.size) {
      this.saving = this.saving.catch(() => undefined).then(() => this.save(table));
      await this.saving;
    }
    return uid;
  }

  private get first(): number {
    const hash = createHash('sha256').update(this.directory).digest().readUInt32BE(0);
    const ids = this.subordinate;
    if (ids === undefined) return FIRST_UID + (hash % RANGES) * RANGE;
    return ids.first + (hash % Math.max(1, Math.floor(ids.count / RANGE))) * RANGE;
  }

  private get path(): string {
    return join(this.directory, 'uids.json');
  }

  private async load(): Promise<Map<string, number>> {
    try {
      const table = new Map(Object.entries(JSON.parse(await readFile(this.path, 'utf8')) as Record<string, number>));
      this.saved = table.size;
      return table;
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return new Map();
      throw error;
    }
  }

  private async save(table: ReadonlyMap<string, number>): Promise<void> {
    const { size } = table;
    const text = JSON.stringify(Object.fromEntries(table));
    // On the disk before it replaces the other: a loss of power would leave an empty one.
    await writeFile(`${this.path}.new`, text, { mode: 0o600, flush: true });
    await rename(`${this.path}.new`, this.path);
    this.saved = size;
  }
}
