/** A path as a change leaves it: mode and id of its content; undefined: it is not there. */
export interface PathFact {
  readonly path: string;
  readonly content: string | undefined;
}

/** KEPT: the result has it exactly as the input left it. DROPPED: as it was before the input, or as another's side has it. CHANGED: neither. */
export type PathOutcome = 'KEPT' | 'CHANGED' | 'DROPPED';

export interface ReportedPath {
  readonly path: string;
  readonly outcome: PathOutcome;
}

/**
 * What became of an input in the result, path by path.
 * @param input what the input changed of its base
 * @param result what the result changed of the same base
 * @param taken what it began with of another's side, in the place of this input's lines
 */
export function inputReport(
  input: readonly PathFact[],
  result: readonly PathFact[],
  taken: readonly PathFact[] = [],
): ReportedPath[] {
  const after = new Map(result.map((fact) => [fact.path, fact.content]));
  const others = new Map(taken.map((fact) => [fact.path, fact.content]));
  return input.map(({ path, content }) => {
    if (!after.has(path)) return { path, outcome: 'DROPPED' };
    const now = after.get(path);
    if (now === content) return { path, outcome: 'KEPT' };
    return { path, outcome: others.has(path) && others.get(path) === now ? 'DROPPED' : 'CHANGED' };
  });
}
