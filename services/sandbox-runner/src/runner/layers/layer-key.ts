import { createHash } from 'node:crypto';

/** How a layer is made, apart from the files that it is made over. What differs in any of these is another layer. */
export interface LayerRecipe {
  readonly repositoryId: string;
  readonly environmentId: string;
  readonly environmentVersion: number;
  /** Grows with each reset of the environment's layers. */
  readonly epoch: number;
  readonly script: string;
  /** What the script may reach, as canonical JSON. */
  readonly network: string;
  /** What is the same for every sandbox of this host: architecture, driver, root filesystem, Node. */
  readonly host: readonly string[];
}

/**
 * Of which files a layer is, and who may use it. INPUTS: of the files that the environment says it depends on, of a base
 * that is the target branch's; for everybody. TREE: of exactly that tree. A tree that nobody has accepted yet has layers
 * apart, and a landing has its own: set-up runs the repository's code.
 */
export type LayerContent =
  | { readonly kind: 'INPUTS'; readonly digest: string }
  | { readonly kind: 'TREE'; readonly tree: string; readonly trust: Trust };

/** CAPTURED: an agent's tree, whose set-up has no secrets; UNTRUSTED: a base that is not the target branch's. */
export type Trust = 'TRUSTED' | 'UNTRUSTED' | 'CAPTURED' | 'LANDING';

/** In every key: layers that are made or cleaned in another way are other layers. */
const FORMAT = 1;

/** Name of a layer on this host: 64 hex digits. */
export function layerKey(recipe: LayerRecipe, content: LayerContent): string {
  return digest([FORMAT, recipeFields(recipe), content.kind, ...contentFields(content)]);
}

export function recipeDigest(recipe: LayerRecipe): string {
  return digest(recipeFields(recipe));
}

/** SHA-256 over values, unambiguous in where one ends. */
export function digest(values: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(values)).digest('hex');
}

function recipeFields(recipe: LayerRecipe): readonly unknown[] {
  const { repositoryId, environmentId, environmentVersion, epoch, script, network, host } = recipe;
  return [repositoryId, environmentId, environmentVersion, epoch, script, network, host];
}

function contentFields(content: LayerContent): readonly string[] {
  return content.kind === 'INPUTS' ? [content.digest] : [content.tree, content.trust];
}
