import type { SgNode } from '@ast-grep/napi';

export type EntityKind = 'FUNCTION' | 'METHOD' | 'CLASS' | 'TYPE';

/** How one kind of syntax node becomes an entity. */
export interface EntityPattern {
  /** Absent: it only lends its name to what is in it (a namespace, an implementation block). */
  readonly kind?: EntityKind;
  /** Its own name; the default is the text of the field `name`. Undefined: this node is no entity after all. */
  readonly name?: (node: SgNode) => string | undefined;
  /** May code elsewhere use it? `listed` are the names that `Language.listed` gave. */
  readonly isPublic: (node: SgNode, name: string, listed: ReadonlySet<string>) => boolean;
  /** What its users depend on: all that comes before its body, or the whole of it (a type is its own contract). */
  readonly contract: 'HEADER' | 'WHOLE';
  /** The node whose field `body` ends the header; the default is the entity's own. */
  readonly bodyOf?: (node: SgNode) => SgNode;
  /** The node that holds all that belongs to it, such as its decorators; the default is itself. */
  readonly extent?: (node: SgNode) => SgNode;
}

/** One language: a file of its own in this folder, and a line in `languages.ts`. */
export interface Language {
  /** By which its grammar is known to the parser. */
  readonly name: string;
  /** Languages of one family use each other's names. */
  readonly family: string;
  /** Of file names, in lower case, with the dot. */
  readonly extensions: readonly string[];
  /** The grammar; absent where the parser has it built in. */
  readonly grammar?: () => Promise<{ readonly default: unknown }>;
  /** By kind of syntax node. */
  readonly entities: Readonly<Record<string, EntityPattern>>;
  /** Names that the text makes public somewhere else than where they are declared. */
  readonly listed?: (root: SgNode) => ReadonlySet<string>;
  /** Kinds of the nodes by which something is used. */
  readonly uses: readonly string[];
}
