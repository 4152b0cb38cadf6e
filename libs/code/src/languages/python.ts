import type { SgNode } from '@ast-grep/napi';
import type { Language } from './language.js';

const isPublic = (_node: SgNode, name: string): boolean => !/^_(?!_init__$)/.test(name);
/** Decorators change what is called. */
const extent = (node: SgNode): SgNode => {
  const parent = node.parent();
  return parent !== null && String(parent.kind()) === 'decorated_definition' ? parent : node;
};

export const PYTHON: Language = {
  name: 'python',
  family: 'python',
  extensions: ['.py', '.pyi'],
  grammar: () => import('@ast-grep/lang-python'),
  entities: {
    function_definition: { kind: 'FUNCTION', contract: 'HEADER', isPublic, extent },
    class_definition: { kind: 'CLASS', contract: 'HEADER', isPublic, extent },
  },
  uses: ['identifier'],
};
