import { basename, join } from 'node:path';
import type { BoxPaths } from './box-paths.js';
import type { FileSystemKind, Layer } from './workspace-file-system.js';

interface Layers {
  readonly layers: readonly Layer[];
  readonly homeLayers?: readonly Layer[] | undefined;
}

/**
 * The layers of a box that lies over what an ended one wrote.
 * @param ended its directories
 * @param disk where its own files can be seen
 * @param below its layers
 */
export function layersAbove(kind: FileSystemKind, ended: BoxPaths, disk: string, below: Layers): Layers {
  const on = (path: string): Layer => ({ path: join(disk, basename(path)), removed: [] });
  const { layers, homeLayers = [] } = below;
  // A copy is whole without what it was made of.
  if (kind === 'CLONE') return { layers: [{ path: ended.merged, removed: [] }], homeLayers: [on(ended.home)] };
  return {
    layers: [on(ended.upper), ...layers],
    homeLayers: homeLayers.length === 0 ? [on(ended.home)] : [on(ended.homeUpper), ...homeLayers],
  };
}
