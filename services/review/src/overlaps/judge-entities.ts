import type { Uses } from './change-analysis.js';
import type { ChangeFacts } from './change-facts.js';
import type { PairEvidence } from './judge-pair.js';

interface Side extends Pick<ChangeFacts, 'files'> {
  readonly uses: Uses;
}

/** What two changes have in common by what their files declare. */
export function sharedEntities(a: Side, b: Side): PairEvidence[] {
  return [...sameEntities(a, b), ...brokenUses(a, b, 'first', 'second'), ...brokenUses(b, a, 'second', 'first')];
}

function sameEntities(a: Side, b: Side): PairEvidence[] {
  const filesOfB = new Map(b.files.map((file) => [file.path, file]));
  return a.files.flatMap((file) => {
    const other = filesOfB.get(file.path);
    if (file.entities === undefined || other?.entities === undefined) return [];
    const touchedByB = other.entities.touched;
    return [...file.entities.touched]
      .filter(([name]) => touchedByB.has(name))
      .map(([entity, kind]): PairEvidence => ({
        level: 'ENTITY',
        path: file.path,
        conflict: '',
        entity,
        detail: `both change the ${kind.toLowerCase()}`,
      }));
  });
}

/** Names that `a` breaks and `b` begins to use; one that `b` declares itself is its own. */
function brokenUses(a: Side, b: Side, breaker: string, user: string): PairEvidence[] {
  const ownOfB = new Set(b.files.flatMap((file) => [...(file.entities?.declared ?? [])]));
  return a.files.flatMap((file) =>
    (file.entities?.broken ?? []).flatMap(({ entity, name, how }): PairEvidence[] => {
      const usedIn = b.uses.get(`${file.family ?? ''} ${name}`);
      if (usedIn === undefined || ownOfB.has(name)) return [];
      const done = how === 'REMOVED' ? 'removes it' : 'changes its signature';
      return [
        {
          level: 'ENTITY',
          path: file.path,
          conflict: '',
          entity,
          otherPath: usedIn,
          detail: `the ${breaker} ${done}, the ${user} adds a use of it`,
        },
      ];
    }),
  );
}
