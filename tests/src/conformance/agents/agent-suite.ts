import type {
  AgentActivity,
  Attempt,
  CreateEnvironmentInput,
  Environment,
  Plan,
  Repository,
  TaskSpecInput,
  Turn,
} from '@heddle/sdk';
import type { ScenarioInput } from '@heddle/testing/scripted-model';
import { eventually } from '../../support/bounds.js';
import type { RestDoor } from '../../support/doors/rest-door.js';
import { attemptEnded, attemptsOf, changeOf, createBatch } from '../../support/work/launch.js';
import { GEMINI_BY_ACP } from './acp-program.js';
import type { Evidence, Kind, Scenario } from './scenario.js';
import { SCENARIOS } from './scenarios.js';

/** One script for each scenario, found by the beginning of its prompt; first those of approved plans, which hold that prompt too. */
export const SCRIPT: ScenarioInput = {
  conversations: SCENARIOS.flatMap(({ name, steps, whenDone, approve, followUp, furtherSteps }) => [
    ...(approve === undefined ? [] : [{ name: `${name}, approved`, match: approve.text, steps: approve.steps }]),
    { name, match: name, steps, ...(whenDone === undefined ? {} : { whenDone }) },
    ...(followUp === undefined || furtherSteps === undefined
      ? []
      : [{ name: followUp.text, match: followUp.text, steps: furtherSteps }]),
  ]),
};

/** How a kind reaches the scripted model. */
export const PROVIDERS: Readonly<Record<Kind, { readonly provider: string; readonly path: string }>> = {
  CODEX: { provider: 'OPENAI', path: '/v1' },
  CLAUDE_CODE: { provider: 'ANTHROPIC', path: '' },
  OPENCODE: { provider: 'OPENAI_COMPATIBLE', path: '/v1' },
  GEMINI: { provider: 'GEMINI', path: '' },
  ACP: { provider: 'GEMINI', path: '' },
};

const AGENTS: Readonly<Record<Kind, TaskSpecInput['agent']>> = {
  CODEX: { model: 'scripted-1' },
  CLAUDE_CODE: { model: 'scripted-1' },
  OPENCODE: { model: 'scripted-1' },
  GEMINI: { model: 'gemini-2.5-pro' },
  ACP: { command: GEMINI_BY_ACP },
};

export interface Outcome {
  readonly scenario: Scenario;
  /** What is not as it should be; empty: it is shown. */
  readonly faults: readonly string[];
}

export interface SuiteOptions {
  readonly rest: RestDoor;
  readonly repository: Repository;
  /** Of the scripted model, as sandboxes reach it. */
  readonly modelUrl: string;
  /** What brings the agent's program where the platform does not: part of an environment. */
  readonly setup?: Partial<CreateEnvironmentInput> | undefined;
}

/**
 * Runs every scenario that the kind can show, side by side, each with a credential of its own. Those that a clock ends begin
 * before the others: what starts beside them takes the processors, and the clock does not wait for that.
 */
export async function runScenarios(options: SuiteOptions, kind: Kind): Promise<Outcome[]> {
  const { rest } = options;
  const scenarios = SCENARIOS.filter(({ gaps }) => gaps?.[kind] === undefined);
  const environments = new Map<number, string>();
  for (const seconds of new Set(scenarios.map(({ idleSeconds }) => idleSeconds ?? 0)))
    environments.set(seconds, await environment(options, kind, seconds));
  const running: Promise<Outcome>[] = [];
  for (const together of [scenarios.filter(isTimed), scenarios.filter((each) => !isTimed(each))]) {
    const launched = await Promise.all(
      together.map(async (scenario) => {
        const environmentId = environments.get(scenario.idleSeconds ?? 0) ?? '';
        return { scenario, id: await launch(options, kind, scenario, environmentId) };
      }),
    );
    running.push(...launched.map(({ scenario, id }) => outcomeOf(rest, scenario, id)));
    // All are awaited below.
    for (const each of running) each.catch(() => undefined);
    const timed = launched.filter(({ scenario }) => isTimed(scenario));
    await Promise.all(timed.map(({ scenario, id }) => firstStepDone(rest, scenario, id)));
  }
  return Promise.all(running);
}

function isTimed({ idleSeconds, budget }: Scenario): boolean {
  return idleSeconds !== undefined || budget?.duration !== undefined;
}

/** @returns the id of its attempt */
async function launch(options: SuiteOptions, kind: Kind, scenario: Scenario, environmentId: string): Promise<string> {
  const { rest, repository } = options;
  const credentialId = await credential(options, kind, scenario);
  const task: TaskSpecInput = {
    title: scenario.name,
    prompt: `${scenario.name}, please.`,
    mode: scenario.mode,
    agent: { kind, ...AGENTS[kind], credentialId, mcpServers: scenario.mcpServers },
    ...(scenario.budget === undefined ? {} : { budget: scenario.budget }),
  };
  const batch = await createBatch(rest, repository, [task], { environmentId, brief: 'We sell shoes.' });
  return attemptsOf(batch)[0]?.id ?? '';
}

async function outcomeOf(rest: RestDoor, scenario: Scenario, id: string): Promise<Outcome> {
  const plan = scenario.approve === undefined ? undefined : await approved(rest, id, scenario.approve.text);
  return {
    scenario,
    faults: await faultsOf(rest, scenario, { attempt: await scenarioEnded(rest, scenario, id), plan }),
  };
}

/** Or it has ended. Of one whose first step calls no tool nothing tells. */
async function firstStepDone(rest: RestDoor, { name, steps }: Scenario, id: string): Promise<void> {
  if (steps[0]?.tools === undefined) return;
  await eventually(`the agent of "${name}" has done its first step`, async () => {
    if ((await rest.get<Attempt>(`/v1/attempts/${id}`)).endTime !== undefined) return true;
    return (await activitiesOf(rest, id)).some(({ status }) => status === 'SUCCEEDED') ? true : undefined;
  });
}

async function environment({ rest, setup }: SuiteOptions, kind: Kind, idleSeconds: number): Promise<string> {
  const limits = idleSeconds === 0 ? {} : { limits: { idleDuration: `${String(idleSeconds)}s` } };
  const made = await rest.post<Environment>('/v1/environments', {
    name: `${kind.toLowerCase().replace('_', '-')}-${String(idleSeconds)}`,
    ...limits,
    ...setup,
  });
  return made.id;
}

/** A refusal for its rate holds the others of the same credential. */
async function credential({ rest, modelUrl }: SuiteOptions, kind: Kind, { name }: Scenario): Promise<string> {
  const { provider, path } = PROVIDERS[kind];
  const made = await rest.post<{ id: string }>('/v1/admin/credentials', {
    name: `${kind.toLowerCase()}-${name.toLowerCase().replaceAll(' ', '-')}`.replace('_', '-'),
    kind: 'MODEL',
    provider,
    baseUrl: `${modelUrl}${path}`,
    value: `sk-scripted-${kind.toLowerCase()}`,
  });
  return made.id;
}

/** The plan as it waited; undefined where the attempt ended without one. */
async function approved(rest: RestDoor, id: string, text: string): Promise<Plan | undefined> {
  const { state } = await eventually(`attempt ${id} waits for approval`, async () => {
    const attempt = await rest.get<Attempt>(`/v1/attempts/${id}`);
    return attempt.state === 'WAITING_FOR_USER' || attempt.endTime !== undefined ? attempt : undefined;
  });
  if (state !== 'WAITING_FOR_USER') return undefined;
  const plan = await rest.get<Plan>(`/v1/attempts/${id}/plan`);
  await rest.post(`/v1/attempts/${id}:approvePlan`, { planVersion: plan.version, text });
  return plan;
}

/** With its follow-up, where it has one. */
async function scenarioEnded(rest: RestDoor, { followUp }: Scenario, id: string): Promise<Attempt> {
  if (followUp === undefined) return attemptEnded(rest, id);
  const { text, whileRunning } = followUp;
  if (whileRunning === undefined) await attemptEnded(rest, id);
  else {
    const { after } = whileRunning;
    await eventually(`the agent tells of ${after}`, async () => {
      const told = await activitiesOf(rest, id);
      const isThere = told.some((each) => each.status === 'SUCCEEDED' && JSON.stringify(each).includes(after));
      return isThere ? true : undefined;
    });
  }
  await rest.post(`/v1/attempts/${id}/messages`, { text, delivery: whileRunning?.delivery ?? 'QUEUE' });
  return attemptEnded(rest, id);
}

async function faultsOf(
  rest: RestDoor,
  scenario: Scenario,
  { attempt, plan }: Pick<Evidence, 'attempt' | 'plan'>,
): Promise<readonly string[]> {
  const change = attempt.changeId === undefined ? undefined : await changeOf(rest, attempt);
  const activities = await activitiesOf(rest, attempt.id);
  const { turns } = await rest.get<{ turns: Turn[] }>(`/v1/attempts/${attempt.id}/turns`);
  return scenario.judge({ attempt, change, plan, activities, turns });
}

async function activitiesOf(rest: RestDoor, attemptId: string): Promise<AgentActivity[]> {
  const answer = await rest.open('GET', `/v1/attempts/${attemptId}/activities`);
  return (await answer.text())
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as AgentActivity);
}
