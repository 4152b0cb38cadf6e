import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunningPlatform } from '@heddle/local';
import type { Landing } from '@heddle/sdk';
import { Random } from '../../fuzz/random.js';
import { PatientDoor } from '../../support/doors/patient-door.js';
import type { RestDoor } from '../../support/doors/rest-door.js';
import { within } from '../../support/bounds.js';
import { SampleRepository } from '../../support/git/sample-repository.js';
import { bashTask, writing } from '../../support/work/agents.js';
import {
  attemptsOf,
  batchEnded,
  changeOf,
  createBatch,
  landingSettled,
  registerRepository,
} from '../../support/work/launch.js';
import { chaosPlan, type ChaosPlan } from './chaos-plan.js';
import { judgeBranch, type PlayedTask } from './judge-branch.js';

export interface LandingChaosOptions {
  readonly door: RestDoor;
  readonly platform: Pick<RunningPlatform, 'kill' | 'waitRestarted'>;
  /** Room for repositories, which the platform's processes can read. */
  readonly directory: string;
  readonly seeds: readonly number[];
  /** So many repositories have a queue at work at the same time. */
  readonly atOnce: number;
  readonly say?: (line: string) => void;
}

export interface LandingChaosReport {
  /** How many landings ended how. */
  readonly landings: Readonly<Record<string, number>>;
  /** How often which process was killed. */
  readonly kills: Readonly<Record<string, number>>;
  /** What does not hold; nothing is what is asked for. */
  readonly faults: readonly string[];
}

const PROCESSES = [
  'gateway',
  'scheduler',
  'sandbox-runner',
  'supervisor',
  'review',
  'postgres',
  'nats',
  'temporal',
] as const;
/** Of one round, after which the queues are left in peace: a platform that is killed for ever gets nowhere. */
const KILLS_OF_A_ROUND = 4;
/** The last of all queues at once waits for all before it, and for what was killed. */
const QUEUE_PATIENCE_MS = 420_000;
const LONGEST_PAUSE_MS = 2_500;
const TWO_AT_ONCE = 0.25;

/** Everything that waits to be landed, or has been. */
interface Prepared {
  readonly seed: number;
  readonly plan: ChaosPlan;
  readonly origin: SampleRepository;
  readonly base: string;
  readonly batchId: string;
  readonly changes: readonly { readonly id: string; readonly headCommit: string }[];
}

/** Lands generated changes while processes of the platform are killed at random, and looks at what came of it. */
export async function landingChaos(options: LandingChaosOptions): Promise<LandingChaosReport> {
  const { seeds, atOnce, say = () => undefined } = options;
  const door = new PatientDoor(options.door);
  const faults: string[] = [];
  const landings = new Tally();
  const kills = new Tally();
  for (let start = 0; start < seeds.length; start += atOnce) {
    const round = seeds.slice(start, start + atOnce);
    const prepared = await Promise.all(round.map((seed) => prepare(door, options.directory, seed)));
    const isOver = new AbortController();
    const killing = killAtRandom(options.platform, new Random(round[0] ?? 0), kills, isOver.signal);
    const played = await Promise.all(prepared.map((each) => land(door, each))).finally(() => {
      isOver.abort();
      return killing;
    });
    for (const [index, each] of prepared.entries()) {
      const tasks = played[index] ?? [];
      for (const { landing } of tasks) landings.count(`${landing.state} ${landing.reason}`.trim());
      const found = await judge(door, each, tasks);
      faults.push(...found.map((fault) => `seed ${String(each.seed)}: ${fault}`));
    }
    say(`seeds ${round.join(', ')}: ${landings.text()}; killed ${kills.text()}; ${String(faults.length)} faults`);
  }
  return { landings: landings.counts(), kills: kills.counts(), faults };
}

async function prepare(door: RestDoor, directory: string, seed: number): Promise<Prepared> {
  const plan = chaosPlan(seed);
  const origin = await SampleRepository.make(directory, plan.base);
  const repository = await registerRepository(door, origin.path);
  const tasks = plan.tasks.map(({ name, edits, checks }) =>
    bashTask(name, writing(edits), {
      checks: checks.map(({ name: check, script }) => ({ name: check, command: ['sh', '-c', script], timeout: '60s' })),
    }),
  );
  const batch = await batchEnded(door, (await createBatch(door, repository, tasks, { requestId: randomUUID() })).id);
  const changes = await Promise.all(attemptsOf(batch).map((attempt) => changeOf(door, attempt)));
  return { seed, plan, origin, base: batch.baseCommit ?? '', batchId: batch.id, changes };
}

/** Approves and lands all of a repository in their order; resolves when the last one has settled. */
async function land(door: RestDoor, { plan, changes }: Prepared): Promise<PlayedTask[]> {
  const queued: Landing[] = [];
  for (const { id: changeId, headCommit } of changes) {
    await door.post(`/v1/changes/${changeId}/verdicts`, { requestId: randomUUID(), verdict: 'APPROVE', headCommit });
    queued.push(await door.post<Landing>('/v1/landings', { requestId: randomUUID(), changeId, headCommit }));
  }
  const settled = await Promise.all(queued.map(({ id }) => landingSettled(door, id, QUEUE_PATIENCE_MS)));
  return plan.tasks.flatMap((task, index) => {
    const landing = settled[index];
    return landing === undefined ? [] : [{ task, landing }];
  });
}

async function judge(
  door: RestDoor,
  { plan, origin, base, batchId, changes }: Prepared,
  played: readonly PlayedTask[],
): Promise<string[]> {
  const { landings } = await door.get<{ landings: Landing[] }>(`/v1/landings?batchId=${batchId}&pageSize=200`);
  const counted = landings.length === changes.length && played.length === changes.length;
  return [
    ...(counted ? [] : [`${String(changes.length)} were approved, there are ${String(landings.length)} landings`]),
    ...(await judgeBranch(origin, base, plan, played)),
  ];
}

async function killAtRandom(
  platform: LandingChaosOptions['platform'],
  random: Random,
  kills: Tally,
  isOver: AbortSignal,
): Promise<void> {
  for (let count = 0; count < KILLS_OF_A_ROUND; count += 1) {
    await delay(random.below(LONGEST_PAUSE_MS), undefined, { signal: isOver }).catch(() => undefined);
    if (isOver.aborted) return;
    const first = random.pick(PROCESSES);
    const second = random.pick(PROCESSES);
    const names = new Set(random.chance(TWO_AT_ONCE) ? [first, second] : [first]);
    for (const name of names) {
      platform.kill(name);
      kills.count(name);
    }
    await Promise.all([...names].map((name) => within(`${name} serves again`, platform.waitRestarted(name))));
  }
}

class Tally {
  private readonly words = new Map<string, number>();

  count(word: string): void {
    this.words.set(word, (this.words.get(word) ?? 0) + 1);
  }

  counts(): Record<string, number> {
    return Object.fromEntries([...this.words].sort());
  }

  text(): string {
    return Object.entries(this.counts())
      .map(([word, count]) => `${word} ${String(count)}`)
      .join(', ');
  }
}
