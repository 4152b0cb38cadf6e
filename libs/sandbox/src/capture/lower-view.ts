import type { Stats } from 'node:fs';
import { readXattr } from '../native/libc.js';
import { SandboxError } from '../sandbox-error.js';
import { latin1, listDirectory, statOrNothing } from './host-files.js';

export type OverlayPrefix = 'trusted.overlay.' | 'user.overlay.';

/** A directory of one layer. */
interface LayerDirectory {
  readonly layer: number;
  readonly path: string;
}

/** The directories that the kernel merges into one, topmost first: a redirect gives each layer a path of its own. */
export type LowerStack = readonly LayerDirectory[];

export type LowerEntry =
  | { readonly kind: 'leaf'; readonly host: Buffer; readonly stats: Stats; readonly layer: number }
  | { readonly kind: 'directory'; readonly stack: LowerStack };

/** What one layer says of a name: what it has, and whether and under which name the layers below are asked too. */
interface Answer {
  readonly entry?: { readonly path: string; readonly stats: Stats };
  readonly goesOn: boolean;
  readonly name: string;
}

/**
 * Read-only layers merged by the kernel's own rules (whiteouts, opaque directories, redirects), without a mount: an
 * upper layer names what was in its lowers, and no mount shows those alone. Paths are bytes in latin1.
 */
export class LowerView {
  readonly root: LowerStack;

  /** @param layers directories of the host, topmost first */
  constructor(
    private readonly layers: readonly string[],
    private readonly attributePrefix: OverlayPrefix,
  ) {
    this.root = layers.map((_, layer) => ({ layer, path: '' }));
  }

  /** What is at `name` in the merged directory; at `/a/path` from the top where a redirect says so. */
  async find(parent: LowerStack, name: string): Promise<LowerEntry | undefined> {
    const found: LayerDirectory[] = [];
    let wanted = name;
    let stack = name.startsWith('/') ? this.root : parent;
    for (let index = 0; index < stack.length; index++) {
      const from = stack[index];
      if (from === undefined) break;
      const { entry, goesOn, name: next } = await this.ask(from, wanted);
      if (entry !== undefined) {
        if (!entry.stats.isDirectory()) {
          if (found.length > 0) break;
          return { kind: 'leaf', host: this.host(from.layer, entry.path), stats: entry.stats, layer: from.layer };
        }
        found.push({ layer: from.layer, path: entry.path });
      }
      if (!goesOn) break;
      if (next.startsWith('/') && stack !== this.root) {
        stack = this.root;
        index = from.layer;
      }
      wanted = next;
    }
    return found.length === 0 ? undefined : { kind: 'directory', stack: found };
  }

  /** Names in the merged directory, each once, in any order. */
  async entries(stack: LowerStack): Promise<string[]> {
    const names = new Set<string>();
    for (const { layer, path } of stack)
      for (const entry of await listDirectory(this.host(layer, path))) names.add(entry.name.toString('latin1'));
    if (stack.length === 1 && stack[0]?.layer === this.layers.length - 1) return [...names];
    const present: string[] = [];
    // A whiteout has a name too.
    for (const name of names) if ((await this.find(stack, name)) !== undefined) present.push(name);
    return present;
  }

  host(layer: number, path: string): Buffer {
    const top = latin1(this.layers[layer] ?? '');
    return Buffer.from(path === '' ? top : `${top}/${path}`, 'latin1');
  }

  private async ask(from: LayerDirectory, wanted: string): Promise<Answer> {
    const names = wanted.startsWith('/') ? wanted.slice(1).split('/') : [wanted];
    let path = wanted.startsWith('/') ? '' : from.path;
    let name = wanted;
    let goesOn = true;
    for (const [index, part] of names.entries()) {
      path = path === '' ? part : `${path}/${part}`;
      const host = this.host(from.layer, path);
      const stats = await statOrNothing(host);
      if (stats === undefined) return { goesOn, name };
      if (isWhiteout(stats)) return { goesOn: false, name };
      const isEnd = index === names.length - 1;
      if (!stats.isDirectory()) return { goesOn: false, name, ...(isEnd ? { entry: { path, stats } } : {}) };
      // Nothing is below the last layer: the kernel does not look at its marks.
      if (from.layer < this.layers.length - 1) {
        const marks = readMarks(host, this.attributePrefix);
        if (marks.opaque) goesOn = false;
        else if (marks.redirect !== undefined) {
          // An earlier directory may have changed the name's beginning; what is left to look for is at its end.
          const rest = names.slice(index).join('/');
          const before = wanted.startsWith('/') ? name.slice(0, name.length - rest.length) : '';
          const after = rest.slice(part.length);
          const isAbsolute = marks.redirect.startsWith('/');
          // What lies deeper than an opaque directory may still come from elsewhere.
          if (isAbsolute) goesOn = true;
          name = `${isAbsolute ? '' : before}${marks.redirect}${after}`;
        }
      }
      if (isEnd) return { entry: { path, stats }, goesOn, name };
    }
    return { goesOn, name };
  }
}

export function sameStack(left: LowerStack, right: LowerStack): boolean {
  return (
    left.length === right.length &&
    left.every(({ layer, path }, index) => right[index]?.layer === layer && right[index].path === path)
  );
}

/** An overlay's mark for "not here": the character device 0:0. */
export function isWhiteout(stats: Stats): boolean {
  return stats.isCharacterDevice() && stats.rdev === 0;
}

/** @throws SandboxError CAPTURE_FAILED where the mount could not have left such a mark */
export function readMarks(
  directory: Buffer,
  prefix: OverlayPrefix,
): { readonly opaque: boolean; readonly redirect: string | undefined } {
  const read = (word: string): string | undefined => readXattr(directory, `${prefix}${word}`)?.toString('latin1');
  if (read('metacopy') !== undefined) throw new SandboxError('CAPTURE_FAILED', 'a layer holds a file without its data');
  const opaque = read('opaque');
  const redirect = read('redirect');
  if (redirect !== undefined && prefix !== 'trusted.overlay.')
    throw new SandboxError('CAPTURE_FAILED', 'a layer holds a redirect, which its mount does not allow');
  // `x` marks a directory that may hold whiteouts of another kind; it still is merged.
  return { opaque: opaque !== undefined && opaque !== 'x', redirect };
}
