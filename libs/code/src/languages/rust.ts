import type { SgNode } from '@ast-grep/napi';
import type { EntityPattern, Language } from './language.js';

const isPublic = (node: SgNode): boolean =>
  node.children().some((child) => String(child.kind()) === 'visibility_modifier') || isInTrait(node);

const type: EntityPattern = { kind: 'TYPE', contract: 'WHOLE', isPublic };

export const RUST: Language = {
  name: 'rust',
  family: 'rust',
  extensions: ['.rs'],
  grammar: () => import('@ast-grep/lang-rust'),
  entities: {
    function_item: { kind: 'FUNCTION', contract: 'HEADER', isPublic },
    function_signature_item: { kind: 'METHOD', contract: 'WHOLE', isPublic },
    struct_item: type,
    enum_item: type,
    union_item: type,
    type_item: type,
    trait_item: { kind: 'CLASS', contract: 'HEADER', isPublic },
    macro_definition: { kind: 'FUNCTION', contract: 'HEADER', isPublic: () => true },
    mod_item: { contract: 'HEADER', isPublic: () => true },
    impl_item: {
      contract: 'HEADER',
      name: (node) => node.field('type')?.text().replace(/<.*$/s, ''),
      isPublic: () => true,
    },
  },
  uses: ['identifier', 'field_identifier', 'type_identifier'],
};

/** What a trait asks for, or an implementation gives of it, is as public as the trait. */
function isInTrait(node: SgNode): boolean {
  const owner = node.parent()?.parent();
  if (owner === null || owner === undefined) return false;
  return (
    String(owner.kind()) === 'trait_item' || (String(owner.kind()) === 'impl_item' && owner.field('trait') !== null)
  );
}
