import { describe, expect, it } from '@jest/globals';
import type { CheckOutcome, LandingOwn } from '@heddle/contracts/workflows';
import { redChecks } from '@heddle/domain';
import type { MemberVerdict } from './member-test.js';
import { findCause, type RedCause } from './red-cause.js';

/** What is on the branch, in the order in which it came; a name in capitals is somebody's push. The change is `x`. */
interface World {
  /** Since the base of the change. */
  readonly branch: readonly string[];
  /** Names of checks, by the landing that asks for them. */
  readonly asks: Readonly<Record<string, readonly string[]>>;
  readonly passes: (check: string, tree: readonly string[]) => boolean;
  readonly isTipProven?: boolean;
}

const outcome = (name: string, isGreen: boolean): CheckOutcome => ({
  name,
  state: isGreen ? 'PASSED' : 'FAILED',
  durationMs: 1,
  treeId: '',
  environmentVersion: 1,
  advisory: false,
  statusDetail: '',
});

async function causeIn(world: World): Promise<{ readonly cause: RedCause; readonly asked: readonly string[] }> {
  const { branch, asks, passes } = world;
  const asked: string[] = [];
  const of = (names: readonly string[]): string[] => [...new Set(names.flatMap((name) => asks[name] ?? []))];
  const test = (tree: readonly string[], checks: readonly string[]): CheckOutcome[] =>
    checks.map((name) => outcome(name, passes(name, tree)));
  const newChecks = (asks['x'] ?? []).filter((name) => !of([...branch, 'before']).includes(name));
  const own: LandingOwn = { base: 'base', head: 'x', newChecks };
  const tip = branch.length === 0 ? 'base' : branch.join('+');
  const all = of(['before', ...branch, 'x']);
  const onlyOurs = branch.every((name) => name !== name.toUpperCase());
  const cause = await findCause(
    { red: redChecks(test([...branch, 'x'], all)), tip, isTipProven: world.isTipProven ?? false, own },
    {
      ask: ({ commit, without }): Promise<MemberVerdict> => {
        asked.push(commit);
        const those = ['before', ...branch, 'x'].filter((name) => without === 'OTHERS' || !without.includes(name));
        const checks = of(without === 'OTHERS' ? ['x'] : those);
        const result = test(
          commit.split('+').filter((name) => name !== 'base'),
          checks,
        );
        return Promise.resolve({ kind: redChecks(result).length > 0 ? 'RED' : 'GREEN', checks: result });
      },
      probes: () =>
        Promise.resolve(
          onlyOurs
            ? branch.map((landingId, place) => ({ landingId, commit: [...branch.slice(0, place + 1), 'x'].join('+') }))
            : [],
        ),
    },
  );
  return { cause, asked };
}

describe('the cause of a red landing', () => {
  it('is the branch where that fails what something on it is asked', async () => {
    const { cause } = await causeIn({
      branch: ['a', 'PUSH'],
      asks: { a: ['unit'], x: ['mine'] },
      passes: (check, tree) => check !== 'unit' || !tree.includes('PUSH'),
    });
    expect(cause).toMatchObject({ kind: 'TARGET_RED', checks: [{ name: 'unit' }] });
  });

  it('is the branch where that fails what passed on the base of the change', async () => {
    const { cause } = await causeIn({
      branch: ['PUSH'],
      asks: { x: ['unit', 'has-x'] },
      passes: (check, tree) => (check === 'unit' ? !tree.includes('PUSH') : tree.includes('x')),
    });
    expect(cause).toMatchObject({ kind: 'TARGET_RED', checks: [{ name: 'unit' }] });
  });

  it('is not the branch where a check asks for the change itself', async () => {
    const passes = (check: string, tree: readonly string[]): boolean => tree.includes('x') && !tree.includes('PUSH');
    expect((await causeIn({ branch: ['PUSH'], asks: { x: ['has-x'] }, passes })).cause).toEqual({ kind: 'UNKNOWN' });
    const { cause, asked } = await causeIn({ branch: [], asks: { x: ['has-x'] }, passes: () => false });
    expect([cause, asked]).toEqual([{ kind: 'UNKNOWN' }, ['base']]);
  });

  it('is the landing whose check the change breaks, though others came between', async () => {
    const { cause } = await causeIn({
      branch: ['a', 'b', 'c', 'd'],
      asks: { c: ['no-x'], x: ['has-x'] },
      passes: (check, tree) => (check === 'no-x' ? !tree.includes('x') : tree.includes('x')),
    });
    expect(cause).toEqual({ kind: 'INTERACTION', landingId: 'c' });
  });

  it('is the landing that breaks a check of the change', async () => {
    const { cause } = await causeIn({
      branch: ['a', 'b', 'c'],
      asks: { x: ['no-a'] },
      passes: (_, tree) => !tree.includes('a'),
    });
    expect(cause).toEqual({ kind: 'INTERACTION', landingId: 'a' });
  });

  it('is nobody since where the change alone breaks what was asked before it began', async () => {
    const { cause } = await causeIn({
      branch: ['a', 'b'],
      asks: { before: ['no-x'], x: ['has-x'] },
      passes: (check, tree) => (check === 'no-x' ? !tree.includes('x') : tree.includes('x')),
    });
    expect(cause).toEqual({ kind: 'UNKNOWN' });
  });

  it('is looked for without the branch alone where that was tested a moment ago', async () => {
    const { cause, asked } = await causeIn({
      branch: ['a', 'b'],
      asks: { a: ['unit'], x: ['unit'] },
      passes: (_, tree) => !(tree.includes('b') && tree.includes('x')),
      isTipProven: true,
    });
    expect([cause, asked]).toEqual([{ kind: 'INTERACTION', landingId: 'b' }, ['a+x']]);
  });
});
