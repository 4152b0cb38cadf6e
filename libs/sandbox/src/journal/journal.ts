import { open, readFile } from 'node:fs/promises';
import { errnoOf } from '../sandbox-error.js';
import { isSyncedBehind, mustSurvivePowerLoss, type JournalEntry } from './journal-entry.js';
import { syncBehind } from './sync-behind.js';

/** The append-only file `state` of a sandbox. Two processes append to it; each line is one write. */
export class Journal {
  constructor(readonly path: string) {}

  async append(...entries: readonly JournalEntry[]): Promise<void> {
    const at = new Date().toISOString();
    const lines = entries.map((entry) => `${JSON.stringify({ at, ...entry })}\n`).join('');
    // A line that a full disk cut has no end of its own: what follows must not become a part of it.
    const text = Buffer.from(`\n${lines}`);
    const file = await open(this.path, 'a', 0o600);
    try {
      const { bytesWritten } = await file.write(text);
      if (bytesWritten !== text.length) throw new Error(`a line of ${this.path} was cut: the disk is full`);
      if (entries.some(mustSurvivePowerLoss)) await file.datasync();
    } finally {
      await file.close();
    }
    if (entries.some(isSyncedBehind)) void syncBehind(this.path);
  }

  /** All entries in order; empty if there is no journal. A last line without its end was never acknowledged and is left out. */
  async read(): Promise<JournalEntry[]> {
    try {
      return parseJournal(await readFile(this.path, 'utf8'));
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return [];
      throw error;
    }
  }
}

export function parseJournal(text: string): JournalEntry[] {
  const entries: JournalEntry[] = [];
  const lines = text.split('\n');
  lines.pop();
  for (const line of lines) {
    const parsed = line === '' ? undefined : parseLine(line);
    if (parsed !== undefined) entries.push(parsed);
  }
  return entries;
}

/** A torn line in the middle is a write that a full disk cut: it was never acknowledged either. */
function parseLine(line: string): JournalEntry | undefined {
  try {
    return JSON.parse(line) as JournalEntry;
  } catch {
    return undefined;
  }
}
