/** Says one line to whoever started this: each step, and each surprise, is said aloud. */
export type Say = (line: string) => void;

/** Runs a step and says how long it took. */
export async function timed<T>(say: Say, what: string, step: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await step();
  say(`${what} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  return result;
}
