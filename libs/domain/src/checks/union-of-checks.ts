interface NamedCheck {
  readonly name: string;
  readonly command: readonly string[];
  readonly timeout?: { readonly seconds: string; readonly nanos: number } | undefined;
  readonly advisory: boolean;
}

export interface UnitedCheck<Check extends NamedCheck> {
  readonly check: Check;
  /** Places of the lists that have it, in their order. */
  readonly of: readonly number[];
}

/**
 * All checks of several lists, each once. Of two that share a name and differ, the later one is numbered: both have to pass.
 * Names of the first list stay as they are.
 * @param environmentOf of a list's place: where its checks run; what runs elsewhere is another check
 */
export function unionOfChecks<Check extends NamedCheck>(
  lists: readonly (readonly Check[])[],
  environmentOf: (place: number) => string = () => '',
): UnitedCheck<Check>[] {
  const byName = new Map<string, { readonly check: Check; readonly environment: string; readonly of: Set<number> }>();
  for (const [place, checks] of lists.entries()) {
    const environment = environmentOf(place);
    for (const check of checks) {
      let name = check.name;
      for (let number = 2; ; number += 1) {
        const known = byName.get(name);
        if (known === undefined) {
          byName.set(name, { check: { ...check, name }, environment, of: new Set([place]) });
          break;
        }
        if (known.environment === environment && isSame(known.check, check)) {
          known.of.add(place);
          break;
        }
        name = `${check.name}-${String(number)}`;
      }
    }
  }
  return [...byName.values()].map(({ check, of }) => ({ check, of: [...of] }));
}

/** All but the name, and what they prove: that is said of their own tasks. */
function isSame(a: NamedCheck, b: NamedCheck): boolean {
  const what = ({ command, timeout, advisory }: NamedCheck): string =>
    JSON.stringify([command, timeout?.seconds, timeout?.nanos, advisory]);
  return what(a) === what(b);
}
