import type { SgNode } from '@ast-grep/napi';
import type { EntityPattern, Language } from './language.js';

/** The name is at the bottom of a nest of declarators: `static char *(name)(int)`. */
function declaredName(node: SgNode): string | undefined {
  let at = node.field('declarator');
  while (at !== null) {
    const inner = at.field('declarator');
    if (inner === null) return at.text().replaceAll('::', '.').replace(/\s+/g, '');
    at = inner;
  }
  return undefined;
}

const isPublic = (node: SgNode): boolean =>
  !node.children().some((child) => String(child.kind()) === 'storage_class_specifier' && child.text() === 'static');

/** A use of a type looks like its declaration, but for the body. */
const withBody = (node: SgNode): string | undefined =>
  node.field('body') === null ? undefined : node.field('name')?.text().replaceAll('::', '.');

const functionDefinition: EntityPattern = { kind: 'FUNCTION', contract: 'HEADER', name: declaredName, isPublic };
const type: EntityPattern = { kind: 'TYPE', contract: 'WHOLE', name: withBody, isPublic: () => true };

const ENTITIES: Language['entities'] = {
  function_definition: functionDefinition,
  struct_specifier: type,
  union_specifier: type,
  enum_specifier: type,
  type_definition: { kind: 'TYPE', contract: 'WHOLE', name: declaredName, isPublic: () => true },
};

const USES = ['identifier', 'field_identifier', 'type_identifier'];

export const C: Language = {
  name: 'c',
  family: 'c',
  extensions: ['.c', '.h'],
  grammar: () => import('@ast-grep/lang-c'),
  entities: ENTITIES,
  uses: USES,
};

const scope: EntityPattern = { contract: 'HEADER', isPublic: () => true };

export const CPP: Language = {
  name: 'cpp',
  family: 'c',
  extensions: ['.cc', '.cpp', '.cxx', '.hh', '.hpp', '.hxx'],
  grammar: () => import('@ast-grep/lang-cpp'),
  entities: {
    ...ENTITIES,
    // Its methods are entities of their own.
    class_specifier: { kind: 'CLASS', contract: 'HEADER', name: withBody, isPublic: () => true },
    struct_specifier: { kind: 'CLASS', contract: 'HEADER', name: withBody, isPublic: () => true },
    alias_declaration: { kind: 'TYPE', contract: 'WHOLE', isPublic: () => true },
    namespace_definition: scope,
  },
  uses: [...USES, 'namespace_identifier'],
};
