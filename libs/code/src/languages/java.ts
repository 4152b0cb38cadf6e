import type { SgNode } from '@ast-grep/napi';
import type { EntityKind, EntityPattern, Language } from './language.js';

const isPublic = (node: SgNode): boolean =>
  !node.children().some((child) => String(child.kind()) === 'modifiers' && /\bprivate\b/.test(child.text()));

const pattern = (kind: EntityKind): EntityPattern => ({ kind, contract: 'HEADER', isPublic });

export const JAVA: Language = {
  name: 'java',
  family: 'java',
  extensions: ['.java'],
  grammar: () => import('@ast-grep/lang-java'),
  entities: {
    class_declaration: pattern('CLASS'),
    interface_declaration: pattern('CLASS'),
    enum_declaration: pattern('CLASS'),
    record_declaration: pattern('CLASS'),
    annotation_type_declaration: pattern('CLASS'),
    method_declaration: pattern('METHOD'),
    constructor_declaration: pattern('METHOD'),
  },
  uses: ['identifier', 'type_identifier'],
};
