import { readFile } from 'node:fs/promises';
import type { SandboxSpec } from '@heddle/contracts/internal';
import type { DriverDescription } from '@heddle/sandbox';
import type { Sandbox } from '../sandboxes/sandbox.js';
import { layerKey, type LayerContent, type LayerRecipe, type Trust } from './layer-key.js';
import { isAccepted, type SetupTarget } from './setup-target.js';
import type { TrackedTree } from './tracked-tree.js';

/** The layers that may serve a tree. */
export interface LayerPlan {
  readonly recipe: LayerRecipe;
  /** The one that all trees with the same inputs share, made over a tree of the target branch; absent without inputs. */
  readonly shared: string | undefined;
  /** Those of exactly this tree that may serve it, the best first. */
  readonly ofTree: readonly string[];
  /** What a layer of exactly this tree that is built now is. */
  readonly own: string;
  /** Whether what is built for this tree may be `shared`. */
  readonly isTrusted: boolean;
}

export function layerPlan(
  sandbox: Sandbox,
  target: SetupTarget,
  tracked: TrackedTree | undefined,
  host: readonly string[],
): LayerPlan {
  const recipe = recipeOf(sandbox.spec, host);
  const isTrusted = target.isBase && sandbox.spec.trustedBase;
  const key = (content: LayerContent): string => layerKey(recipe, content);
  const own = (trust: Trust): string => key({ kind: 'TREE', tree: target.tree, trust });
  const inputs = sandbox.spec.setup?.inputs ?? [];
  const apart = trustApart(sandbox, target);
  return {
    recipe,
    shared: tracked === undefined ? undefined : key({ kind: 'INPUTS', digest: tracked.inputsDigest(inputs) }),
    ofTree: isTrusted ? [own('TRUSTED')] : [own('TRUSTED'), own(apart)],
    own: own(isTrusted ? 'TRUSTED' : apart),
    isTrusted,
  };
}

/** Where the layers are that are not made over the target branch's own tree. */
function trustApart(sandbox: Sandbox, target: SetupTarget): Trust {
  if (sandbox.owner.kind === 'LANDING') return 'LANDING';
  return isAccepted(sandbox, target) ? 'UNTRUSTED' : 'CAPTURED';
}

function recipeOf(spec: SandboxSpec, host: readonly string[]): LayerRecipe {
  return {
    repositoryId: spec.repositoryId,
    environmentId: spec.environmentId,
    environmentVersion: spec.environmentVersion,
    epoch: Number(spec.cacheEpoch),
    script: spec.setup?.script ?? '',
    network: JSON.stringify(spec.network?.setup ?? []),
    host: [...host, spec.driver, spec.rootfs?.directory ?? '', spec.rootfs?.image ?? ''],
  };
}

/** What a set-up finds of this host, whichever sandbox it runs in. */
export async function hostFacts({ driver }: DriverDescription): Promise<readonly string[]> {
  const release = await readFile('/usr/lib/os-release', 'utf8').catch(() => '');
  return [process.arch, driver, process.version, release];
}
