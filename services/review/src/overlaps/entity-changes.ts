import type { Entity, EntityKind } from '@heddle/code';
import type { LineHunk } from '@heddle/git';

/** Something that code elsewhere may use, and that is no longer what it was. */
export interface BrokenContract {
  /** With the names of what it is in. */
  readonly entity: string;
  /** By which others use it. */
  readonly name: string;
  readonly how: 'CHANGED' | 'REMOVED';
}

/** What a change does to the entities of one file. */
export interface EntityChanges {
  readonly touched: ReadonlyMap<string, EntityKind>;
  /** Names that it brings in. */
  readonly declared: ReadonlySet<string>;
  readonly broken: readonly BrokenContract[];
}

/** A closing brace belongs to whatever the diff drew it to: it says nothing of who was meant. */
const SAYS_NOTHING = /^[\s{}()[\];,]*$/;

/** @param base without entities for a new file, as is `head` for a deleted one */
export function entityChanges(
  base: readonly Entity[],
  head: readonly Entity[],
  hunks: readonly LineHunk[],
): EntityChanges {
  const touched = new Map<string, EntityKind>();
  for (const { oldStart, oldLines, newStart, newLines } of hunks) {
    touch(touched, base, oldStart, oldLines);
    touch(touched, head, newStart, newLines);
  }
  const before = contracts(base);
  const after = contracts(head);
  const broken = [...before].flatMap(([entity, was]): BrokenContract[] => {
    if (!was.some(({ public: open }) => open)) return [];
    const is = after.get(entity);
    const name = usedName(entity);
    if (is === undefined) return [{ entity, name, how: 'REMOVED' }];
    const kept = new Set(is.filter(({ public: open }) => open).map(({ contract }) => contract));
    return was.every(({ contract, public: open }) => !open || kept.has(contract))
      ? []
      : [{ entity, name, how: 'CHANGED' }];
  });
  const declared = new Set([...after.keys()].filter((entity) => !before.has(entity)).map(usedName));
  return { touched, declared, broken };
}

function touch(
  touched: Map<string, EntityKind>,
  entities: readonly Entity[],
  start: number,
  lines: readonly string[],
): void {
  lines.forEach((text, index) => {
    if (SAYS_NOTHING.test(text)) return;
    const line = start + index;
    // They come in the order of the text: the last one around a line is the innermost.
    const innermost = entities.findLast(({ firstLine, lastLine }) => firstLine <= line && line <= lastLine);
    if (innermost !== undefined) touched.set(innermost.name, innermost.kind);
  });
}

/** Overloads share a name. */
function contracts(entities: readonly Entity[]): Map<string, Entity[]> {
  const byName = new Map<string, Entity[]>();
  for (const entity of entities) byName.set(entity.name, [...(byName.get(entity.name) ?? []), entity]);
  return byName;
}

/** A constructor is used by the name of its class. */
function usedName(entity: string): string {
  const [last = entity, owner] = entity.split('.').reverse();
  return owner !== undefined && (last === 'constructor' || last === '__init__' || last === '__new__') ? owner : last;
}
