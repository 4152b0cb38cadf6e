import type { Check } from '@heddle/contracts';

/** All checks of several tasks, each once. Of two that share a name and differ, the later one is numbered: both have to pass. */
export function unionOfChecks(tasks: readonly (readonly Check[])[]): Check[] {
  const byName = new Map<string, Check>();
  for (const check of tasks.flat()) {
    let name = check.name;
    for (let number = 2; ; number += 1) {
      const known = byName.get(name);
      if (known === undefined) byName.set(name, { ...check, name });
      if (known === undefined || isSame(known, check)) break;
      name = `${check.name}-${String(number)}`;
    }
  }
  return [...byName.values()];
}

/** All but the name, and what they prove: that is said of their own tasks. */
function isSame(a: Check, b: Check): boolean {
  const what = ({ command, timeout, advisory }: Check): string =>
    JSON.stringify([command, timeout?.seconds, timeout?.nanos, advisory]);
  return what(a) === what(b);
}
