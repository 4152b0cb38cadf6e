import { digest, recipeDigest, type LayerRecipe } from './layer-key.js';

/** Why a set-up had to run. */
export type MissReason =
  /** The environment has never had a layer for this repository here. */
  | 'FIRST_USE'
  | 'INPUTS_CHANGED'
  | 'SCRIPT_CHANGED'
  /** The same script in another version of the environment, with another network, or on another system. */
  | 'ENVIRONMENT_CHANGED'
  /** Somebody had the environment's layers thrown away. */
  | 'RESET'
  /** There was this very layer; its room was needed. */
  | 'EVICTED'
  /** There is a layer for the same inputs, but it holds a path that this tree tracks. */
  | 'BASE_OVERLAP';

/** What is kept of a layer when the layer itself is gone. */
export interface LayerTrace {
  readonly key: string;
  readonly repositoryId: string;
  readonly environmentId: string;
  readonly epoch: number;
  /** SHA-256 of the script. */
  readonly script: string;
  /** SHA-256 of the whole recipe. */
  readonly recipe: string;
}

export function traceOf(key: string, recipe: LayerRecipe): LayerTrace {
  const { repositoryId, environmentId, epoch, script } = recipe;
  return { key, repositoryId, environmentId, epoch, script: digest([script]), recipe: recipeDigest(recipe) };
}

/** The nearest of the layers that there have been says what is different. */
export function missReason(key: string, recipe: LayerRecipe, traces: readonly LayerTrace[]): MissReason {
  if (traces.some((trace) => trace.key === key)) return 'EVICTED';
  const wanted = traceOf(key, recipe);
  const related = traces.filter(
    (trace) => trace.environmentId === wanted.environmentId && trace.repositoryId === wanted.repositoryId,
  );
  if (related.length === 0) return 'FIRST_USE';
  if (related.some((trace) => trace.recipe === wanted.recipe)) return 'INPUTS_CHANGED';
  const current = related.filter((trace) => trace.epoch === wanted.epoch);
  if (current.length === 0) return 'RESET';
  return current.some((trace) => trace.script === wanted.script) ? 'ENVIRONMENT_CHANGED' : 'SCRIPT_CHANGED';
}
