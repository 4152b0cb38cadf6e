import type { CaptureCase } from './run-case.js';

/** The smallest case that still fails, by leaving out one thing after another. */
export async function shrink(
  failing: CaptureCase,
  stillFails: (smaller: CaptureCase) => Promise<boolean>,
): Promise<CaptureCase> {
  let smallest = failing;
  for (let changed = true; changed;) {
    changed = false;
    for (const smaller of smallerThan(smallest)) {
      if (!(await stillFails(smaller))) continue;
      smallest = smaller;
      changed = true;
      break;
    }
  }
  return smallest;
}

function* smallerThan(of: CaptureCase): Generator<CaptureCase> {
  if (of.delta.length > 0) yield { ...of, delta: [] };
  for (const index of of.setUps.keys()) yield { ...of, setUps: without(of.setUps, index) };
  for (let index = of.steps.length - 1; index >= 0; index--) yield { ...of, steps: without(of.steps, index) };
  for (const index of of.delta.keys()) yield { ...of, delta: without(of.delta, index) };
  for (const [layer, steps] of of.setUps.entries()) {
    for (const index of steps.keys())
      yield { ...of, setUps: of.setUps.map((old, place) => (place === layer ? without(steps, index) : old)) };
  }
}

function without<T>(list: readonly T[], index: number): T[] {
  return list.filter((_, place) => place !== index);
}
