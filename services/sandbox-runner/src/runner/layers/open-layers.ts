import { join } from 'node:path';
import type { Logger } from '@heddle/platform/logging';
import { LayerBuilds } from './layer-builds.js';
import { LayerStore } from './layer-store.js';

/** The layers of a runner's directory, ready for use. */
export async function openLayers(
  directory: string,
  budgetBytes: number,
  logger: Logger,
): Promise<{ readonly layers: LayerStore; readonly builds: LayerBuilds }> {
  const own = join(directory, 'layers');
  const layers = new LayerStore({
    directory: own,
    budgetBytes,
    sandboxes: ['sandboxes', 'kept'].map((name) => join(directory, name)),
    logger,
  });
  const builds = new LayerBuilds(join(own, 'building'));
  await layers.prepare();
  await builds.prepare();
  return { layers, builds };
}
