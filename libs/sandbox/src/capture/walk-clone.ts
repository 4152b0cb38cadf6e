import { BaseTree, LowerTree } from './base-tree.js';
import { ChangeCollector } from './change-collector.js';
import { latin1, listDirectory, statOrNothing } from './host-files.js';
import { IgnoreContext } from './ignore-context.js';
import { IgnoreRules } from './ignore-rules.js';
import { LowerView } from './lower-view.js';
import { readSmallFile } from './safe-read.js';
import { isSameEntry } from './same-entry.js';
import type { CapturedChanges } from './tree-change.js';
import type { WalkUpperOptions } from './walk-upper.js';

export interface WalkCloneOptions extends Omit<WalkUpperOptions, 'upper' | 'attributePrefix'> {
  /** The box's full copy. */
  readonly copy: string;
}

/** Lists what differs between a full copy and its base, by content: times and sizes of an agent prove nothing. */
export async function walkClone(options: WalkCloneOptions): Promise<CapturedChanges> {
  const layers = [...(options.layers ?? []), { path: options.base, tracked: true }];
  // Layers are the platform's own also where a box has a copy of them: deltas and set-ups of such a host have no redirects.
  const view = (of: typeof layers): LowerView =>
    new LowerView(
      of.map((layer) => layer.path),
      'trusted.overlay.',
    );
  const base = new BaseTree(view(layers.filter((layer) => layer.tracked)), new Set(options.submodules));
  const below = layers.every((layer) => layer.tracked) ? base : new LowerTree(view(layers));
  const roots = [options.copy, ...layers.map((layer) => layer.path)];
  const found = new ChangeCollector(base, below, { ...options, roots });
  const top = latin1(options.copy);
  const host = (path: string): Buffer => Buffer.from(path === '' ? top : `${top}/${path}`, 'latin1');

  const directory = async (path: string, outer: IgnoreContext): Promise<void> => {
    const prefix = path === '' ? '' : `${path}/`;
    const rules = await readSmallFile(host(`${prefix}.gitignore`));
    const ignore = rules instanceof Buffer ? outer.withRules(path, IgnoreRules.parse(rules)) : outer;
    const seen = new Set<string>();
    for (const entry of await listDirectory(host(path))) {
      const name = entry.name.toString('latin1');
      seen.add(name);
      if (name !== '.git') await item(`${prefix}${name}`, ignore);
      else if (path !== '')
        found.notice('NESTED_REPOSITORY', path, 'a repository of its own: its files are kept, its history is not');
    }
    if (!(await base.isDirectory(path))) return;
    for (const name of await base.names(path)) if (!seen.has(name)) await found.remove(`${prefix}${name}`);
  };

  const item = async (path: string, ignore: IgnoreContext): Promise<void> => {
    if (!found.enter(path)) return;
    const stats = await statOrNothing(host(path));
    if (stats === undefined) return;
    if (!stats.isDirectory()) {
      const before = await base.at(path);
      if (before?.kind !== 'leaf' || !(await isSameEntry(host(path), stats, before)))
        await found.add(path, host(path), stats, ignore);
      return;
    }
    if (base.isSubmodule(path)) {
      found.keep(path);
      if ((await listDirectory(host(path))).length > 0)
        found.notice('SUBMODULE_CHANGED', path, 'what changed inside of a submodule is not kept');
      return;
    }
    const isBaseDirectory = await base.isDirectory(path);
    if (!isBaseDirectory) await found.remove(path);
    if (ignore.ignores(path, true) && !isBaseDirectory) await found.leaveOut(host(path));
    else await directory(path, ignore.enter(path));
  };

  await directory('', IgnoreContext.top());
  return found.result;
}
