import type { Layer } from '@heddle/sandbox';

/** A directory of the platform's as a layer of a box. All that it holds belongs to `owner`, the base's uid. */
export function ownedLayer(path: string, owner: number): Layer {
  return { path, removed: [], owner };
}
