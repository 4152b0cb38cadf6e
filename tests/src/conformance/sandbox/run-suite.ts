import type { Attempt, CheckResult, EgressRequest, Environment, Repository } from '@heddle/sdk';
import type { RestDoor } from '../../support/doors/rest-door.js';
import { SampleRepository } from '../../support/git/sample-repository.js';
import { bashTask } from '../../support/work/agents.js';
import { attemptEnded, attemptsOf, changeOf, createBatch, registerRepository } from '../../support/work/launch.js';
import { wholeLog } from '../../support/work/log-reader.js';
import { PRELUDE, type Abuse, type HostFacts, type Mode } from './abuse.js';

const FILES = { 'README.md': '# Shop\n', 'src/cart.txt': 'a cart\n', 'src/list.txt': 'a list\n' };

export interface Result {
  readonly abuse: Abuse;
  /** What did not hold; empty: the protection held. */
  readonly faults: readonly string[];
}

export interface SuiteOptions {
  readonly rest: RestDoor;
  readonly facts: HostFacts;
  readonly origin: SampleRepository;
  readonly mode: Mode;
}

/** The repository that every abuse works on. */
export function makeOrigin(parent: string): Promise<SampleRepository> {
  return SampleRepository.make(parent, FILES);
}

/** Runs each abuse as an agent of its own, through the public door, those of the same environment side by side. */
export async function runSuite(options: SuiteOptions, abuses: readonly Abuse[]): Promise<Result[]> {
  const { rest, origin, mode } = options;
  const repository = await registerRepository(rest, origin.path);
  const groups = new Map<string, Abuse[]>();
  for (const abuse of abuses.filter(({ gaps }) => gaps?.[mode] === undefined)) {
    const key = JSON.stringify(environmentOf(abuse));
    groups.set(key, [...(groups.get(key) ?? []), abuse]);
  }
  const results: Result[] = [];
  for (const group of groups.values()) results.push(...(await runGroup(options, repository, group)));
  return results;
}

async function runGroup(options: SuiteOptions, repository: Repository, abuses: readonly Abuse[]): Promise<Result[]> {
  const { rest, facts } = options;
  const input = environmentOf(abuses[0]);
  const environment =
    Object.keys(input).length === 0
      ? undefined
      : await rest.post<Environment>('/v1/environments', { name: `conformance ${abuses[0]?.id ?? ''}`, ...input });
  const batch = await createBatch(
    rest,
    repository,
    abuses.map((abuse) =>
      bashTask(`${abuse.id} ${abuse.title}`, `${PRELUDE}${strict(abuse)}${abuse.script(facts)}`, {
        ...(abuse.checks === undefined ? {} : { checks: abuse.checks.map((check) => ({ ...check, timeout: '20s' })) }),
      }),
    ),
    environment === undefined ? {} : { environmentId: environment.id },
  );
  return Promise.all(
    attemptsOf(batch).map(async ({ id }, index) => judged(options, abuses[index], await endedOrCancelled(rest, id))),
  );
}

function environmentOf(abuse: Abuse | undefined): Pick<Abuse, 'limits' | 'network' | 'setup'> {
  const { limits, network, setup } = abuse ?? {};
  return { ...(limits && { limits }), ...(network && { network }), ...(setup && { setup }) };
}

/** One that never ends is a fault of its own, and holds up no other. */
async function endedOrCancelled(rest: RestDoor, id: string): Promise<Attempt> {
  try {
    return await attemptEnded(rest, id);
  } catch {
    await rest.post(`/v1/attempts/${id}:cancel`);
    return attemptEnded(rest, id);
  }
}

/** What a script that judges itself could not rule out ends it. */
function strict(abuse: Abuse): string {
  return abuse.judge === undefined ? 'set -e\n' : '';
}

async function judged({ rest, facts }: SuiteOptions, abuse: Abuse | undefined, attempt: Attempt): Promise<Result> {
  if (abuse === undefined) throw new Error('There are more attempts than abuses');
  const lines = await wholeLog(rest, attempt.id);
  const change = attempt.changeId === undefined ? undefined : await changeOf(rest, attempt);
  const { requests } = await rest.get<{ requests: EgressRequest[] }>(`/v1/attempts/${attempt.id}/egress`);
  const { checks } = await rest.get<{ checks: CheckResult[] }>(`/v1/attempts/${attempt.id}/checks`);
  const faults =
    abuse.judge === undefined
      ? attempt.exitCode === 0
        ? []
        : [`the script ended with ${String(attempt.exitCode)} (${attempt.statusDetail})`]
      : await abuse.judge({ attempt, lines, change, checks, requests, facts });
  return { abuse, faults: faults.length === 0 ? [] : [...faults, ...lines.slice(-5).map(({ text }) => text)] };
}
