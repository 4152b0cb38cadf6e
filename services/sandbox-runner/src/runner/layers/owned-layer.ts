import type { Layer } from '@heddle/sandbox';

/** A directory of the platform's as a layer of a box. All that it holds belongs to whom the base belongs to. */
export function ownedLayer(path: string): Layer {
  return { path, removed: [] };
}
