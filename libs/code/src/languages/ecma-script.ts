import type { SgNode } from '@ast-grep/napi';
import type { EntityPattern, Language } from './language.js';

const FUNCTIONS = new Set(['arrow_function', 'function_expression', 'function', 'generator_function']);

/** A module that is one assignment is not read to its end for names. */
const MAX_LIST = 4_096;

const declared = (kind: EntityPattern['kind'], contract: EntityPattern['contract']): EntityPattern => ({
  kind,
  contract,
  isPublic: isExported,
});

const method: EntityPattern = {
  kind: 'METHOD',
  contract: 'HEADER',
  isPublic: (node, name) => !name.startsWith('#') && !/^(?:private|protected)\b/.test(node.text().slice(0, 16)),
};

const ENTITIES: Language['entities'] = {
  function_declaration: declared('FUNCTION', 'HEADER'),
  generator_function_declaration: declared('FUNCTION', 'HEADER'),
  class_declaration: declared('CLASS', 'HEADER'),
  method_definition: method,
  variable_declarator: {
    kind: 'FUNCTION',
    contract: 'HEADER',
    name: (node) => (isFunction(node) ? node.field('name')?.text() : undefined),
    bodyOf: (node) => node.field('value') ?? node,
    isPublic: (node, name, names) => isExported(node.parent() ?? node, name, names),
  },
};

const TYPED_ENTITIES: Language['entities'] = {
  ...ENTITIES,
  abstract_class_declaration: declared('CLASS', 'HEADER'),
  abstract_method_signature: method,
  function_signature: declared('FUNCTION', 'WHOLE'),
  interface_declaration: declared('TYPE', 'WHOLE'),
  type_alias_declaration: declared('TYPE', 'WHOLE'),
  enum_declaration: declared('TYPE', 'WHOLE'),
};

const USES = ['identifier', 'property_identifier', 'shorthand_property_identifier'];

export const JAVA_SCRIPT: Language = {
  name: 'JavaScript',
  family: 'ecma-script',
  extensions: ['.js', '.mjs', '.cjs', '.jsx'],
  entities: ENTITIES,
  listed,
  uses: USES,
};

export const TYPE_SCRIPT: Language = {
  name: 'TypeScript',
  family: 'ecma-script',
  extensions: ['.ts', '.mts', '.cts'],
  entities: TYPED_ENTITIES,
  listed,
  uses: [...USES, 'type_identifier'],
};

export const TSX: Language = { ...TYPE_SCRIPT, name: 'Tsx', extensions: ['.tsx'] };

function isFunction(node: SgNode): boolean {
  const value = node.field('value');
  return value !== null && FUNCTIONS.has(String(value.kind()));
}

function isExported(node: SgNode, name: string, listed: ReadonlySet<string>): boolean {
  return listed.has(name) || String(node.parent()?.kind()) === 'export_statement';
}

/** By a list (`export { a }`), or as properties of `module.exports`. */
function listed(root: SgNode): Set<string> {
  const specifiers = root
    .findAll({ rule: { kind: 'export_specifier' } })
    .flatMap((node) => node.field('name')?.text() ?? []);
  const assigned = root
    .findAll({
      rule: { kind: 'assignment_expression', has: { field: 'left', regex: '^(?:module[.])?exports\\b' } },
    })
    .flatMap((node) =>
      [
        ...node
          .text()
          .slice(0, MAX_LIST)
          .matchAll(/[\p{L}_$][\p{L}\p{N}_$]*/gu),
      ].map(([word]) => word),
    );
  return new Set([...specifiers, ...assigned]);
}
