import { parse, type SgNode } from '@ast-grep/napi';
import type { EntityPattern, Language } from '../languages/language.js';
import type { Entity, Use } from './entity.js';

export interface SourceQuestion {
  readonly text: string;
  /** Names whose uses are wanted; entities are not read then. */
  readonly names?: readonly string[];
}

export interface SourceAnswer {
  /** The text is not of its language, or in the middle of an edit: nothing else is known of it. */
  readonly parsed: boolean;
  readonly entities: readonly Entity[];
  readonly uses: readonly Use[];
}

const UNPARSED: SourceAnswer = { parsed: false, entities: [], uses: [] };

/** A contract that is longer is known by its beginning and its length. */
const MAX_CONTRACT = 4_096;

/** What is declared in a source text, or where it uses some names. The grammar has been registered. */
export function readSource(language: Language, { text, names }: SourceQuestion): SourceAnswer {
  const root = parse(language.name, text).root();
  if (root.find({ rule: { kind: 'ERROR' } }) !== null) return UNPARSED;
  return names === undefined
    ? { parsed: true, entities: entitiesOf(language, root), uses: [] }
    : { parsed: true, entities: [], uses: usesOf(language, root, names) };
}

interface Open {
  readonly endIndex: number;
  readonly name: string;
  readonly usable: boolean;
  readonly isFunction: boolean;
}

function entitiesOf(language: Language, root: SgNode): Entity[] {
  const kinds = Object.keys(language.entities).map((kind) => ({ kind }));
  const nodes = root.findAll({ rule: { any: kinds } });
  const listed = language.listed?.(root) ?? new Set<string>();
  const entities: Entity[] = [];
  const open: Open[] = [];
  // In the order of the text, so that what is open is what the next one is in.
  for (const node of nodes) {
    const pattern = language.entities[String(node.kind())];
    const own = pattern === undefined ? undefined : nameOf(node, pattern);
    if (pattern === undefined || own === undefined || own === '') continue;
    const extent = pattern.extent?.(node) ?? node;
    const range = extent.range();
    while (open.length > 0 && (open.at(-1)?.endIndex ?? 0) <= range.start.index) open.pop();
    const owner = open.at(-1);
    const name = owner === undefined ? own : `${owner.name}.${own}`;
    // What is inside of a function is nobody else's to use.
    const usable = (owner === undefined || (owner.usable && !owner.isFunction)) && pattern.isPublic(node, own, listed);
    const isFunction = pattern.kind === 'FUNCTION' || pattern.kind === 'METHOD';
    open.push({ endIndex: range.end.index, name, usable, isFunction });
    if (pattern.kind === undefined) continue;
    entities.push({
      kind: pattern.kind === 'FUNCTION' && owner !== undefined && !owner.isFunction ? 'METHOD' : pattern.kind,
      name,
      firstLine: range.start.line + 1,
      lastLine: range.end.line + 1,
      public: usable,
      contract: contractOf(node, extent, pattern),
    });
  }
  return entities;
}

function nameOf(node: SgNode, pattern: EntityPattern): string | undefined {
  return pattern.name === undefined ? node.field('name')?.text() : pattern.name(node);
}

function contractOf(node: SgNode, extent: SgNode, pattern: EntityPattern): string {
  const text = extent.text();
  const body = pattern.contract === 'WHOLE' ? null : (pattern.bodyOf?.(node) ?? node).field('body');
  const end = body === null ? text.length : body.range().start.index - extent.range().start.index;
  const plain = text
    .slice(0, end)
    .replace(/\s+/g, ' ')
    .replace(/ ?([(){}[\],;:=<>|&]) ?/g, '$1')
    .replace(/,([)\]}])/g, '$1')
    .trim();
  return plain.length > MAX_CONTRACT ? `${plain.slice(0, MAX_CONTRACT)}…${String(plain.length)}` : plain;
}

function usesOf(language: Language, root: SgNode, names: readonly string[]): Use[] {
  const wanted = names.map((name) => name.replace(/[^\p{L}\p{N}_]/gu, '\\$&')).join('|');
  return root
    .findAll({ rule: { any: language.uses.map((kind) => ({ kind })), regex: `^(?:${wanted})$` } })
    .map((node) => ({ name: node.text(), line: node.range().start.line + 1 }));
}
