import type { SgNode } from '@ast-grep/napi';
import type { Language } from './language.js';

const isPublic = (_node: SgNode, name: string): boolean => /^\p{Lu}/u.test(name);

export const GO: Language = {
  name: 'go',
  family: 'go',
  extensions: ['.go'],
  grammar: () => import('@ast-grep/lang-go'),
  entities: {
    function_declaration: { kind: 'FUNCTION', contract: 'HEADER', isPublic },
    method_declaration: {
      kind: 'METHOD',
      contract: 'HEADER',
      name: (node) => {
        const receiver = node
          .field('receiver')
          ?.find({ rule: { kind: 'type_identifier' } })
          ?.text();
        const name = node.field('name')?.text();
        return receiver === undefined || name === undefined ? name : `${receiver}.${name}`;
      },
      isPublic: (node) => isPublic(node, node.field('name')?.text() ?? ''),
    },
    type_spec: { kind: 'TYPE', contract: 'WHOLE', isPublic },
    type_alias: { kind: 'TYPE', contract: 'WHOLE', isPublic },
  },
  uses: ['identifier', 'field_identifier', 'type_identifier'],
};
