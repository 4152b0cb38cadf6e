import { join } from 'node:path';
import type { Layer } from '@heddle/sandbox';
import type { Sandbox } from '../sandboxes/sandbox.js';
import type { GitStore } from '../service-clients/git-store.js';
import { deltaLayer, objectsOf } from './delta-layer.js';

/** The tree that a set-up's layer is wanted for. */
export interface SetupTarget {
  /** `agent` or `check-<turn>`: what is made for it is made once in its sandbox. */
  readonly label: string;
  readonly commit: string;
  readonly tree: string;
  readonly gitDir: string;
  /** Layers that make up the tree, topmost first. */
  readonly below: readonly Layer[];
  readonly isBase: boolean;
}

/** False where the tree is an agent's and nobody has approved it: what its scripts do is not in anybody's name. */
export function isAccepted(sandbox: Sandbox, target: SetupTarget): boolean {
  return target.isBase || sandbox.owner.kind === 'LANDING';
}

/** The sandbox's base, or base + `commit`. */
export async function setupTarget(
  sandbox: Sandbox,
  label: string,
  commit: string,
  store: GitStore,
): Promise<SetupTarget> {
  const { base } = sandbox;
  if (commit === base.commit) {
    const gitDir = join(base.workTree, '.git');
    return { label, commit, tree: base.tree, gitDir, below: [sandbox.baseLayer], isBase: true };
  }
  const { layer, tree } = await deltaLayer(sandbox, commit, store);
  const gitDir = await objectsOf(sandbox, commit, store);
  const below = layer === undefined ? [sandbox.baseLayer] : [layer, sandbox.baseLayer];
  return { label, commit, tree, gitDir, below, isBase: tree === base.tree };
}
