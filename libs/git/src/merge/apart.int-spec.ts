import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { lineChanges } from '../diff/line-changes.js';
import { SampleRepository, type SampleFile } from '../spec-support/sample-repository.js';
import { areApart, footprint, type Footprint } from './apart.js';
import { withMergeDirectory } from './merge-directory.js';
import { mergeMany } from './merge-many.js';

const PRESENT = ['a', 'b', 'd/x', 'd/y', 'd/e/z', 'd/e/w', 'm/1', 'm/2', 'm/3'];
const ABSENT = ['c', 'd/new', 'd/e/new', 'm/new', 'n/1', 'n/2', 'n', 'a/below', 'd.txt'];
const CHANGES = 90;

const text = (name: string): string => Array.from({ length: 12 }, (_, line) => `${name} ${String(line)}\n`).join('');

type Edits = Map<string, SampleFile | string | null>;

/** A few edits, removals, moves of files or of a whole directory, and new files. */
const change = fc
  .array(
    fc.oneof(
      fc.record({ kind: fc.constant('edit' as const), from: fc.constantFrom(...PRESENT) }),
      fc.record({ kind: fc.constant('remove' as const), from: fc.constantFrom(...PRESENT) }),
      fc.record({ kind: fc.constant('add' as const), to: fc.constantFrom(...ABSENT) }),
      fc.record({
        kind: fc.constant('move' as const),
        from: fc.constantFrom(...PRESENT),
        to: fc.constantFrom(...ABSENT),
      }),
      fc.record({
        kind: fc.constant('moveAll' as const),
        from: fc.constantFrom('d', 'd/e', 'm'),
        to: fc.constantFrom('n', 'k'),
      }),
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map((steps) => {
    const edits: Edits = new Map();
    for (const step of steps) {
      if (step.kind === 'edit') edits.set(step.from, `${text(step.from)}edited\n`);
      else if (step.kind === 'remove') edits.set(step.from, null);
      else if (step.kind === 'add') put(edits, step.to, 'new\n');
      else if (step.kind === 'move') {
        edits.set(step.from, null);
        put(edits, step.to, text(step.from));
      } else
        for (const name of PRESENT.filter((present) => present.startsWith(`${step.from}/`))) {
          edits.set(name, null);
          put(edits, `${step.to}/${name.slice(step.from.length + 1)}`, text(name));
        }
    }
    return edits;
  });

/** A file where another one's directory would be takes its place. */
function put(edits: Edits, name: string, content: string): void {
  for (const other of [...edits.keys(), ...PRESENT])
    if (other.startsWith(`${name}/`) || name.startsWith(`${other}/`)) edits.set(other, null);
  edits.set(name, content);
}

describe('changes that are apart', () => {
  let repository: SampleRepository;
  beforeAll(async () => {
    repository = await SampleRepository.create();
  });
  afterAll(() => repository.dispose());

  it('merge by git without a conflict, whatever each of them does', async () => {
    const at = { gitDir: repository.gitDir };
    const base = await repository.commit(
      [],
      PRESENT.map((name) => [name, text(name)]),
    );
    const heads: { commit: string; prints: Footprint }[] = [];
    const seed = Date.now();
    for (const edits of fc.sample(change, { numRuns: CHANGES, seed })) {
      // Removals first: a file may take the place of a directory.
      const files = [...edits].sort(([, one], [, other]) => Number(one !== null) - Number(other !== null));
      const commit = await repository.commit([base], files);
      heads.push({ commit, prints: footprint((await lineChanges(at, base, commit, 1024 * 1024)).files ?? []) });
    }
    const pairs = heads.flatMap((a, index) => heads.slice(index + 1).map((b) => [a, b] as const));
    const counts = { apart: 0, near: 0, conflicts: 0 };
    const wrong: string[] = [];
    await withMergeDirectory(
      { store: repository.gitDir, commit: base, attributes: Buffer.alloc(0), keepObjects: false },
      (directory) =>
        mergeMany(
          directory,
          pairs.map(([a, b]) => [a.commit, b.commit] as const),
          (index, outcome) => {
            const [a, b] = pairs[index] ?? [];
            if (a === undefined || b === undefined || outcome === 'unknown') throw new Error('git did not answer');
            const apart = areApart(a.prints, b.prints);
            counts[apart ? 'apart' : 'near'] += 1;
            if (!outcome.clean) counts.conflicts += 1;
            if (apart && !outcome.clean) wrong.push(outcome.messages.map((message) => message.text).join('; '));
            expect(areApart(b.prints, a.prints)).toBe(apart);
          },
        ),
    );
    expect({ seed, wrong }).toEqual({ seed, wrong: [] });
    // Else it would have shown nothing.
    expect(Math.min(...Object.values(counts))).toBeGreaterThan(100);
  });
});
