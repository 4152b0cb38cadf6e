import { type Random } from '../random.js';

/** One thing that an agent may do; the seed decides what is picked of the tree as it is by then. */
export interface Step {
  readonly kind: StepKind;
  readonly seed: number;
}

/** How often each is tried. */
const WEIGHTS = {
  write: 14,
  renameDirectory: 10,
  renameAny: 6,
  remove: 6,
  removeAndMakeAgain: 4,
  chmod: 5,
  symlink: 5,
  directoryToSymlink: 2,
  fileToDirectory: 3,
  directoryToFile: 2,
  quietEdit: 5,
  touch: 2,
  makeDirectory: 3,
  hardLink: 2,
  fifo: 2,
  socket: 1,
  nestedRepository: 2,
  nestedOddity: 1,
  ignoreFile: 5,
  attributeFile: 5,
  hostileRuleFile: 3,
  modulesFile: 1,
  unstorable: 1,
  sparse: 1,
  copyTree: 3,
  swapDirectories: 3,
  ownRepository: 1,
  intoSubmodule: 1,
  putBack: 3,
  /** Only where it is asked for: what a set-up begins with. */
  furnish: 0,
} as const;

export type StepKind = keyof typeof WEIGHTS;

const WHEEL = Object.entries(WEIGHTS).flatMap(([kind, weight]) => Array<StepKind>(weight).fill(kind as StepKind));

/** Kinds that a commit between base and box may have: those whose outcome the store takes whole. */
export const TAME: ReadonlySet<StepKind> = new Set([
  'write',
  'renameDirectory',
  'renameAny',
  'remove',
  'removeAndMakeAgain',
  'chmod',
  'symlink',
  'fileToDirectory',
  'directoryToFile',
  'directoryToSymlink',
  'attributeFile',
  'ignoreFile',
]);

/** Kinds of a set-up, which makes only what the base does not track. */
export const SET_UP: ReadonlySet<StepKind> = new Set([
  'write',
  'makeDirectory',
  'renameDirectory',
  'copyTree',
  'symlink',
  'ignoreFile',
  'attributeFile',
  'remove',
  'chmod',
  'removeAndMakeAgain',
]);

export function randomSteps(random: Random, count: number, of?: ReadonlySet<StepKind>): Step[] {
  const wheel = of === undefined ? WHEEL : WHEEL.filter((kind) => of.has(kind));
  return Array.from({ length: count }, () => ({ kind: random.pick(wheel), seed: random.below(2 ** 32) }));
}
