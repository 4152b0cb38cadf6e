import { expect } from '@jest/globals';
import type { Mode } from './abuse.js';
import { ABUSES } from './abuses/index.js';
import { cellOf, readColumn, writeColumn } from './results-table.js';
import type { Result } from './run-suite.js';

/** Every abuse held or is a stated gap, and docs/security.md says just that; HEDDLE_WRITE_DOCS=1 writes it there. */
export async function expectHeld(mode: Mode, results: readonly Result[]): Promise<void> {
  const failed = results.filter(({ faults }) => faults.length > 0);
  expect(failed.map(({ abuse, faults }) => `${abuse.id} ${abuse.title}: ${faults.join('; ')}`)).toEqual([]);
  if (process.env['HEDDLE_WRITE_DOCS'] === '1') await writeColumn(mode, ABUSES, results);
  const expected = new Map(ABUSES.map((abuse) => [abuse.id, cellOf(abuse, mode, results)]));
  expect(await readColumn(mode)).toEqual(expected);
}
