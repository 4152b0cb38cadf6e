import type { Check } from '@heddle/contracts';
import { SandboxSpec } from '@heddle/contracts/internal';
import { unionOfChecks } from '@heddle/domain';
import { In, type EntityManager } from 'typeorm';
import { LandingEntity } from './landing.entity.js';

/** What decides with which checks a landing is tested, its own and others'. */
export interface CheckedLanding {
  readonly id: string;
  readonly revertsId: string | null;
  readonly spec: SandboxSpec;
}

/** How the merge of a landing is tested. */
export interface TipTests {
  /** A sandbox for each environment of which there are checks, first that of the landing itself; at least one. */
  readonly specs: readonly SandboxSpec[];
  /** Names of the landing's own checks that no other has. */
  readonly newChecks: readonly string[];
  /** Ids of the landings that ask for a check, by its name. */
  readonly askedBy: ReadonlyMap<string, readonly string[]>;
}

/**
 * The checks that a merge has to pass: those of the landing itself and of all that are in it already, each once; of others
 * those alone that could keep them from landing. What takes a landing back is tested with the checks of what stays, if there are any:
 * what it takes away may be just what those of the other one ask for.
 * @param landings those in the merge, the oldest first, the landing itself last; at least that
 */
export function tipTests(landings: readonly CheckedLanding[]): TipTests {
  const own = landings.at(-1);
  if (own === undefined) throw new Error('unreachable: the landing itself is among them');
  const takenBack = new Set(landings.map(({ revertsId }) => revertsId));
  // The newest first: in an environment of others it is tested as that is now.
  const others = landings
    .slice(0, -1)
    .filter(({ id, revertsId }) => revertsId === null && !takenBack.has(id))
    .reverse();
  const ofOthers = others.map(({ spec }) => spec.checks.filter(({ advisory }) => !advisory).map(provingNothing));
  const isForOthers = own.revertsId !== null && ofOthers.some((checks) => checks.length > 0);
  const asked = isForOthers ? others : [own, ...others];
  const environmentOf = (place = 0): string => asked[place]?.spec.environmentId ?? '';
  const all = unionOfChecks(isForOthers ? ofOthers : [own.spec.checks, ...ofOthers], environmentOf);
  const specs = [...new Set(all.map(({ of }) => environmentOf(of[0])))].map((environmentId) =>
    inEnvironment(
      own.spec,
      asked.find(({ spec }) => spec.environmentId === environmentId)?.spec ?? own.spec,
      all.filter(({ of }) => environmentOf(of[0]) === environmentId).map(({ check }) => check),
    ),
  );
  return {
    specs: specs.length > 0 ? specs : [inEnvironment(own.spec, own.spec, [])],
    newChecks: isForOthers
      ? []
      : all.filter(({ of }) => of.every((place) => place === 0)).map(({ check }) => check.name),
    askedBy: new Map(all.map(({ check, of }) => [check.name, of.flatMap((place) => asked[place]?.id ?? [])])),
  };
}

/** The same for landings by their ids. They never change in what decides it. */
export async function testsOfLandings(manager: EntityManager, ids: readonly string[]): Promise<TipTests> {
  const rows = await manager.find(LandingEntity, {
    select: { id: true, revertsId: true, spec: true },
    where: { id: In([...ids]) },
  });
  return tipTests(ids.flatMap((id) => rows.filter((row) => row.id === id)).map(checkedLanding));
}

export function checkedLanding({ id, revertsId, spec }: LandingEntity): CheckedLanding {
  return { id, revertsId, spec: SandboxSpec.decode(spec) };
}

function inEnvironment(own: SandboxSpec, spec: SandboxSpec, checks: readonly Check[]): SandboxSpec {
  const { batchId, taskId, attemptNumber, title, sourceBranch, trustedBase } = own;
  return { ...spec, batchId, taskId, attemptNumber, title, sourceBranch, trustedBase, checks: [...checks] };
}

/** What a check proves is said of its own task. */
function provingNothing(check: Check): Check {
  return { ...check, proves: [] };
}
