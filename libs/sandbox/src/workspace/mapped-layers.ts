import { closeSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { mountWithOwners } from '../native/idmapped-mount.js';
import { detachMount } from '../native/libc.js';
import { openOwnerNamespace } from '../native/owner-namespace.js';
import { errnoOf, SandboxError } from '../sandbox-error.js';
import type { BoxPaths } from './box-paths.js';
import { mountsBelow } from './mount-table.js';
import type { Layer } from './workspace-file-system.js';

interface Place {
  readonly layer: Layer;
  /** Where it shows with the box's uid as owner; undefined if it belongs to that already. */
  readonly mapped: { readonly at: string; readonly userNamespace: number } | undefined;
}

/**
 * Layers as the box's own uid sees them. An overlay makes copies of the mounts that it is given: they are needed at their
 * places in the box's directory only while it is being mounted.
 */
export class MappedLayers {
  private readonly attached: string[] = [];

  private constructor(private readonly places: readonly Place[]) {}

  /** Prepares what takes time; `attach` and `detach` do not wait for anything. */
  static async open(paths: BoxPaths, layers: readonly Layer[], uid: number): Promise<MappedLayers> {
    const parent = join(paths.root, 'lower');
    // Its supervisor died between attach and detach.
    for (const left of await mountsBelow(parent)) detachMount(left);
    const namespaces = new Map<number, Promise<number>>();
    const prepare = async (layer: Layer, index: number): Promise<Place> => {
      const { owner } = layer;
      if (owner === undefined || owner === uid) return { layer, mapped: undefined };
      const at = join(parent, String(index));
      await mkdir(at, { recursive: true, mode: 0o700 });
      let userNamespace = namespaces.get(owner);
      if (userNamespace === undefined) namespaces.set(owner, (userNamespace = openOwnerNamespace(owner, uid)));
      return { layer, mapped: { at, userNamespace: await userNamespace } };
    };
    const places = await Promise.allSettled(layers.map(prepare));
    const failed = places.find((place) => place.status === 'rejected');
    if (failed !== undefined) {
      for (const opened of await Promise.allSettled(namespaces.values()))
        if (opened.status === 'fulfilled') closeSync(opened.value);
      throw new SandboxError('SANDBOX_MOUNT_FAILED', `cannot map the owners of the layers of ${paths.root}`, {
        cause: failed.reason,
      });
    }
    return new MappedLayers(places.flatMap((place) => (place.status === 'fulfilled' ? [place.value] : [])));
  }

  /** Paths of the layers in their order. */
  attach(): string[] {
    return this.places.map(({ layer, mapped }) => {
      if (mapped === undefined) return layer.path;
      mountWithOwners(layer.path, mapped.at, mapped.userNamespace);
      this.attached.push(mapped.at);
      return mapped.at;
    });
  }

  detach(): void {
    for (const at of this.attached.splice(0)) {
      try {
        detachMount(at);
      } catch (error) {
        if (errnoOf(error) !== 'EINVAL') throw error;
      }
    }
    const namespaces = new Set(
      this.places.flatMap(({ mapped }) => (mapped === undefined ? [] : [mapped.userNamespace])),
    );
    for (const fd of namespaces) closeSync(fd);
  }
}
