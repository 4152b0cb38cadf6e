import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import {
  Budget,
  CreateBatchRequest,
  CreateRepositoryRequest,
  SandboxUsage,
  SetPriceRequest,
  type Batch,
} from '@heddle/contracts';
import { AgentRunUsage, type SandboxSample } from '@heddle/contracts/internal';
import type { ModelUsageCount } from '@heddle/contracts/workflows';
import { newId } from '@heddle/platform/ids';
import { ChangeBell } from '@heddle/platform/waiting';
import { describeWith } from '@heddle/testing';
import { PriceService } from '../prices/price.service.js';
import { RunnerService } from '../runners/runner.service.js';
import { countedTokens } from '../testing/counted-tokens.js';
import { schedulerFixture, type SchedulerFixture } from '../testing/scheduler-fixture.js';

/** Fields of CreateBatchRequest. */
interface Wanted {
  readonly tasks: readonly object[];
  readonly budget?: object;
}

await describeWith(['postgres'], 'budgets', ({ postgres }) => {
  let fixture: SchedulerFixture;
  let runners: RunnerService;
  let prices: PriceService;
  let repositoryId: string;

  beforeAll(async () => {
    fixture = await schedulerFixture(postgres);
    runners = new RunnerService(fixture.dataSource, new ChangeBell());
    prices = new PriceService(fixture.dataSource);
    await fixture.dataSource.query(
      `INSERT INTO credentials VALUES ('00000000-0000-7000-8000-000000000001', 'k', 'MODEL', 'OPENAI', 'https://m.test/v1', 0,
         'key', '', '', '', '', NULL, now(), now(), 1)`,
    );
    repositoryId = (
      await fixture.repositories.create(CreateRepositoryRequest.fromPartial({ name: 'shop', url: '/srv/shop.git' }))
    ).id;
  });
  afterEach(() => fixture.dataSource.query('DELETE FROM prices'));
  afterAll(() => fixture.close());

  const codex = { prompt: 'Fix it', agent: { kind: 'CODEX', model: 'big-1' } };
  const launch = (wanted: Wanted): Promise<Batch> =>
    fixture.batches.create(
      CreateBatchRequest.fromPartial({ repositoryId, ...(wanted as Partial<CreateBatchRequest>) }),
    );

  /** One attempt of a batch at work, with its first claim. */
  async function working(wanted: Wanted): Promise<{ batch: Batch; attemptId: string; others: string[] }> {
    const batch = await launch(wanted);
    const [attemptId = '', ...others] = batch.tasks.flatMap(({ attempts }) => attempts.map(({ id }) => id));
    await fixture.activities.beginAttempt(attemptId);
    await fixture.activities.recordStep({ attemptId, transition: 1, state: 'RUNNING', statusDetail: '' });
    return { batch, attemptId, others };
  }

  const used = (input: number, output: number, more: Partial<ModelUsageCount> = {}): ModelUsageCount => ({
    model: '',
    inputTokens: input,
    cachedInputTokens: 0,
    outputTokens: output,
    reasoningTokens: 0,
    ...more,
  });

  interface Sample {
    readonly wallSeconds?: number;
    readonly models?: readonly ModelUsageCount[];
    readonly run?: string;
    readonly turn?: number;
    readonly fence?: number;
  }

  async function report(attemptId: string, sample: Sample): Promise<void> {
    const { wallSeconds = 1, models, run = 'turn-1', turn = 1, fence = 1 } = sample;
    const counted = models?.map((count) => ({
      model: count.model,
      inputTokens: String(count.inputTokens),
      cachedInputTokens: String(count.cachedInputTokens),
      outputTokens: String(count.outputTokens),
      reasoningTokens: String(count.reasoningTokens),
    }));
    const samples: SandboxSample[] = [
      {
        attemptId,
        fence: String(fence),
        usage: SandboxUsage.fromPartial({ wallDuration: { seconds: String(wallSeconds), nanos: 0 } }),
        activitySummary: '',
        runs: counted === undefined ? [] : [AgentRunUsage.fromPartial({ run, turn, models: counted })],
      },
    ];
    await runners.report({
      runnerId: 'r',
      pool: 'p',
      slots: 1,
      used: 1,
      version: '1',
      driver: 'd',
      boundary: 'b',
      missing: [],
      state: 'ACTIVE',
      failedProbes: [],
      fileSystem: '',
      samples,
      agentTools: [],
    });
  }

  const setPrice = (price: Partial<SetPriceRequest>): Promise<unknown> =>
    prices.set(
      SetPriceRequest.fromPartial({ model: 'big-1', currencyCode: 'USD', input: '10', output: '100', ...price }),
    );

  async function stops(ids: readonly string[]): Promise<unknown[]> {
    const rows: { id: string; stop_requested: string | null }[] = await fixture.dataSource.query(
      'SELECT id, stop_requested FROM attempts WHERE id = ANY($1)',
      [ids],
    );
    return ids.map((id) => rows.find((row) => row.id === id)?.stop_requested);
  }

  async function warnings(id: string): Promise<number> {
    const rows: unknown[] = await fixture.dataSource.query(
      `SELECT 1 FROM outbox WHERE type = 'budget.warned' AND aggregate_id = $1`,
      [id],
    );
    return rows.length;
  }

  it('are shown with what has been used, each report and each repeat of it once', async () => {
    const { batch, attemptId } = await working({ tasks: [codex], budget: { tokens: '1000' } });
    expect(batch.budget).toMatchObject({ tokens: '1000' });
    expect((await fixture.batches.get(batch.id)).spending).toMatchObject({ tokens: undefined, turns: 1 });
    await report(attemptId, { models: [used(100, 20)], wallSeconds: 3 });
    await report(attemptId, { models: [used(100, 20)], wallSeconds: 3 });
    await report(attemptId, { models: [used(90, 10)], wallSeconds: 2 });
    const spending = { tokens: '120', duration: { seconds: '3', nanos: 0 }, turns: 1 };
    expect((await fixture.batches.get(batch.id)).spending).toMatchObject(spending);
    expect((await fixture.tasks.get(batch.tasks[0]?.id ?? '')).spending).toMatchObject(spending);
    expect((await fixture.attempts.get(attemptId)).spending).toMatchObject(spending);
    expect(await countedTokens(fixture, attemptId)).toBe(120);
  });

  it('count what lost claims and broken runs used, and the last word of a turn', async () => {
    const { batch, attemptId } = await working({ tasks: [codex] });
    await report(attemptId, { models: [used(100, 0)], wallSeconds: 5 });
    await fixture.activities.raiseFence(attemptId);
    await report(attemptId, { fence: 2, models: [used(10, 0)], wallSeconds: 2 });
    await report(attemptId, { fence: 1, models: [used(110, 0)], wallSeconds: 6 });
    await report(attemptId, { fence: 9, models: [used(5000, 0)] });
    const usage = { outputBytes: 1, wallMs: 4_000, sampledAt: 1 };
    const report2 = { completed: true, usage: used(40, 1), usageByModel: [used(40, 1)], run: 'turn-1-2' };
    const turn = { outcome: 'EXITED', outputTruncated: false, usage, report: report2 } as const;
    const step = { attemptId, transition: 2, state: 'COMPLETED', statusDetail: '', turn } as const;
    await fixture.activities.recordStep(step);
    await fixture.activities.recordStep(step);
    expect((await fixture.batches.get(batch.id)).spending).toMatchObject({
      tokens: '161',
      duration: { seconds: '10', nanos: 0 },
    });
    expect(await countedTokens(fixture, attemptId)).toBe(161);
    const [event]: [{ payload: string }] = await fixture.dataSource.query(
      `SELECT payload FROM outbox WHERE type = 'attempt.completed' AND aggregate_id = $1`,
      [attemptId],
    );
    expect(event.payload).toContain('"inputTokens":"160"');
    await report(attemptId, { fence: 2, run: 'turn-1-2', models: [used(45, 1)] });
    expect(await countedTokens(fixture, attemptId)).toBe(166);
  });

  it('count a conversation once where its agent tells all of it at each turn', async () => {
    const { attemptId } = await working({ tasks: [codex] });
    const tokens = async (): Promise<unknown> => (await fixture.attempts.get(attemptId)).spending?.tokens;
    await report(attemptId, { models: [used(100, 20)] });
    await fixture.activities.raiseFence(attemptId);
    await report(attemptId, { fence: 2, run: 'turn-2', turn: 2, models: [used(150, 30)] });
    expect(await tokens()).toBe('180');
    await fixture.activities.raiseFence(attemptId);
    await report(attemptId, { fence: 3, run: 'turn-3', turn: 3, models: [used(200, 40)] });
    expect(await tokens()).toBe('240');
  });

  it('warn once at four fifths, and stop all that live by them at their end, with the reason in words', async () => {
    const { batch, attemptId, others } = await working({
      tasks: [{ ...codex, attempts: 2 }, codex],
      budget: { tokens: '1000' },
    });
    await report(attemptId, { models: [used(700, 99)] });
    expect(await warnings(batch.id)).toBe(0);
    await report(attemptId, { models: [used(700, 100)] });
    await report(attemptId, { models: [used(700, 101)] });
    expect(await warnings(batch.id)).toBe(1);
    expect(await stops([attemptId, ...others])).toEqual([null, null, null]);
    await report(attemptId, { models: [used(700, 300)] });
    expect(await stops([attemptId, ...others])).toEqual(Array(3).fill('BUDGET_EXHAUSTED'));
    expect(await warnings(batch.id)).toBe(1);
    const end = { attemptId, transition: 2, state: 'FAILED', statusDetail: 'BUDGET_EXHAUSTED' } as const;
    await fixture.activities.recordStep(end);
    expect(await fixture.attempts.get(attemptId)).toMatchObject({
      statusDetail: 'BUDGET_EXHAUSTED',
      stateInfo: { message: 'The budget of the batch is used up: 1000 of 1000 tokens', cause: 'POLICY' },
    });
  });

  it("leave others alone: a task's stops its own, an attempt's itself", async () => {
    const { batch, attemptId, others } = await working({
      tasks: [{ ...codex, attempts: 2, budget: { duration: { seconds: '60', nanos: 0 } } }, codex],
    });
    const [sibling = '', stranger = ''] = others;
    await fixture.attempts.raiseBudget({
      requestId: '',
      id: stranger,
      budget: Budget.fromPartial({ duration: { seconds: '10', nanos: 0 } }),
    });
    await report(attemptId, { wallSeconds: 61 });
    expect(await stops([attemptId, sibling, stranger])).toEqual(['BUDGET_EXHAUSTED', 'BUDGET_EXHAUSTED', null]);
    await fixture.activities.beginAttempt(stranger);
    await report(stranger, { wallSeconds: 10 });
    expect(await stops([stranger])).toEqual(['BUDGET_EXHAUSTED']);
    expect(await warnings(batch.tasks[0]?.id ?? '')).toBe(1);
    expect(await warnings(stranger)).toBe(1);
    expect(await warnings(batch.id)).toBe(0);
  });

  it('let the checks of an agent that has ended go on', async () => {
    const { attemptId, others } = await working({ tasks: [codex, codex], budget: { tokens: '100' } });
    const report1 = { completed: true, usage: used(100, 1), usageByModel: [used(100, 1)], run: 'turn-1' };
    const turn = { outcome: 'EXITED', outputTruncated: false, report: report1 } as const;
    await fixture.activities.recordStep({ attemptId, transition: 2, state: 'CHECKING', statusDetail: '', turn });
    expect(await stops([attemptId, ...others])).toEqual([null, 'BUDGET_EXHAUSTED']);
    const [other = ''] = others;
    expect(await fixture.activities.beginAttempt(other)).toMatchObject({ claim: { stop: 'BUDGET_EXHAUSTED' } });
  });

  it('stop what begins when they are used up, though nobody asked it before', async () => {
    const { attemptId, others } = await working({ tasks: [codex, codex], budget: { tokens: '100' } });
    await report(attemptId, { models: [used(100, 0)] });
    const [late = ''] = others;
    await fixture.dataSource.query('UPDATE attempts SET stop_requested = NULL WHERE id = $1', [late]);
    expect(await fixture.activities.beginAttempt(late)).toMatchObject({ claim: { stop: 'BUDGET_EXHAUSTED' } });
  });

  it('go on after a raise, which warns anew; less than there was is refused', async () => {
    const { batch, attemptId } = await working({ tasks: [codex], budget: { tokens: '1000' } });
    const raise = (budget: Partial<Budget>): Promise<Batch> =>
      fixture.batches.raiseBudget({ requestId: '', id: batch.id, budget: Budget.fromPartial(budget) });
    await report(attemptId, { models: [used(900, 0)] });
    const raised = await raise({ tokens: '2000', turns: 5 });
    expect(raised.budget).toMatchObject({ tokens: '2000', turns: 5 });
    expect((await raise({ tokens: '2000' })).revision).toBe(raised.revision);
    await report(attemptId, { models: [used(1500, 0)] });
    expect(await stops([attemptId])).toEqual([null]);
    await report(attemptId, { models: [used(1600, 0)] });
    expect(await warnings(batch.id)).toBe(2);
    await expect(raise({ tokens: '1999' })).rejects.toMatchObject({
      violations: [{ field: 'budget.tokens', description: 'must not be less than it is: 2000' }],
    });
    await expect(raise({})).rejects.toMatchObject({ reason: 'FIELD_INVALID' });
    // A new limit that is used up already.
    await raise({ duration: { seconds: '1', nanos: 0 } });
    expect(await stops([attemptId])).toEqual(['BUDGET_EXHAUSTED']);
  });

  /** Ends as an agent that was stopped for its budget, with its tree stored. */
  async function stopped(attemptId: string, transition: number): Promise<void> {
    const turn = { outcome: 'STOPPED', stopReason: 'BUDGET_EXHAUSTED', startedAt: 1, outputTruncated: false } as const;
    const end = { state: 'FAILED', statusDetail: 'BUDGET_EXHAUSTED', changeId: newId() } as const;
    const captured = { fence: 1, number: 1, commit: 'f00d', conversation: false } as never;
    await fixture.activities.recordStep({ attemptId, transition, turn, captured, ...end });
  }

  it('let what was stopped go on after a raise: what had worked in a next turn, what had not begun as it was', async () => {
    const { batch, attemptId, others } = await working({ tasks: [codex, codex], budget: { tokens: '10' } });
    const [queued = ''] = others;
    await report(attemptId, { models: [used(10, 0)] });
    await stopped(attemptId, 2);
    await fixture.activities.recordStep({
      attemptId: queued,
      transition: 1,
      state: 'FAILED',
      statusDetail: 'BUDGET_EXHAUSTED',
    });
    expect((await fixture.batches.get(batch.id)).endTime).toBeInstanceOf(Date);
    const raise = (tokens: string): Promise<Batch> =>
      fixture.batches.raiseBudget({ requestId: '', id: batch.id, budget: Budget.fromPartial({ tokens }) });
    expect(await raise('1000')).toMatchObject({ state: 'QUEUED', endTime: undefined, attemptCounts: { QUEUED: 2 } });
    expect(await fixture.attempts.get(attemptId)).toMatchObject({ state: 'QUEUED', turn: 2, statusDetail: '' });
    expect(await fixture.attempts.get(queued)).toMatchObject({ state: 'QUEUED', turn: 1 });
    expect(await stops([attemptId, queued])).toEqual([null, null]);
    await raise('1000');
    expect(await fixture.attempts.get(attemptId)).toMatchObject({ turn: 2 });
  });

  it('say in words why what was stopped stays so: another budget, no turn left, an agent that cannot', async () => {
    const other = { tokens: '5' };
    const budget = { tokens: '10', turns: 1 };
    const { batch, attemptId } = await working({ tasks: [{ ...codex, budget: other }], budget });
    await report(attemptId, { models: [used(10, 0)] });
    await stopped(attemptId, 2);
    const ofBatch = { requestId: '', id: batch.id, budget: Budget.fromPartial({ tokens: '1000' }) };
    await expect(fixture.batches.raiseBudget(ofBatch)).rejects.toMatchObject({
      reason: 'BUDGET_EXHAUSTED',
      message: 'The budget of the task is used up: 10 of 5 tokens',
    });
    const ofTask = { ...ofBatch, id: batch.tasks[0]?.id ?? '' };
    await expect(fixture.tasks.raiseBudget(ofTask)).rejects.toMatchObject({
      reason: 'BUDGET_EXHAUSTED',
      message: expect.stringContaining('has no turn left: 1 of 1'),
    });
    const time = { duration: { seconds: '1', nanos: 0 } };
    const command = { prompt: 'x', agent: { kind: 'COMMAND', command: ['true'] }, budget: time };
    const plain = await working({ tasks: [command] });
    await stopped(plain.attemptId, 2);
    const longer = { requestId: '', id: plain.batch.tasks[0]?.id ?? '', budget: Budget.fromPartial({ turns: 9 }) };
    await expect(fixture.tasks.raiseBudget(longer)).rejects.toMatchObject({ reason: 'AGENT_CANNOT_RESUME' });
  });

  it('have a cost by the price that fits best, cached and reasoned tokens by their own', async () => {
    await setPrice({ model: '*', input: '1', output: '1' });
    await setPrice({ model: 'big*', input: '10', cachedInput: '1', output: '100', reasoning: '50' });
    await setPrice({ model: 'big-1', provider: 'ANTHROPIC', input: '9000', output: '9000' });
    await setPrice({ model: 'big-1x', input: '9000', output: '9000' });
    await setPrice({ model: 'big*', input: '7', output: '7', validFromTime: new Date('2999-01-01') });
    const { attemptId } = await working({ tasks: [codex], budget: { cost: { currencyCode: 'USD', units: '100' } } });
    await report(attemptId, {
      models: [
        used(1_000_000, 200_000, { cachedInputTokens: 400_000, reasoningTokens: 100_000 }),
        used(500_000, 0, { model: 'other' }),
      ],
    });
    // 0.6 × 10 + 0.4 × 1 + 0.1 × 100 + 0.1 × 50 + 0.5 × 1
    expect((await fixture.attempts.get(attemptId)).spending).toMatchObject({
      cost: { currencyCode: 'USD', units: '21', nanos: 900_000_000 },
      unpricedModels: [],
    });
    await setPrice({ model: '*', input: '3', output: '3' });
    expect((await fixture.attempts.get(attemptId)).spending?.cost).toMatchObject({ units: '22', nanos: 900_000_000 });
  });

  it('have no cost without a price, and stop by a cost that cannot be known', async () => {
    await setPrice({});
    const free = await working({ tasks: [codex] });
    const bound = await working({ tasks: [codex], budget: { cost: { currencyCode: 'USD', units: '100' } } });
    const models = [used(10, 1), used(10, 1, { model: 'small-1' })];
    for (const { attemptId } of [free, bound]) await report(attemptId, { models });
    expect((await fixture.attempts.get(free.attemptId)).spending).toMatchObject({
      tokens: '22',
      cost: undefined,
      unpricedModels: ['small-1'],
    });
    expect(await stops([free.attemptId, bound.attemptId])).toEqual([null, 'BUDGET_EXHAUSTED']);
    const [row]: [{ stop_message: string }] = await fixture.dataSource.query(
      'SELECT stop_message FROM attempts WHERE id = $1',
      [bound.attemptId],
    );
    expect(row.stop_message).toBe('The budget of the batch has a cost in USD, and a model has no price in it: small-1');
  });

  it('are refused at the door where they could not be looked after', async () => {
    const faults = async (wanted: Wanted): Promise<unknown> =>
      launch(wanted).then(
        () => [],
        (error: unknown) => (error as { violations: unknown }).violations,
      );
    const budget = { cost: { currencyCode: 'USD', units: '1' } };
    const quiet = { prompt: 'x', agent: { kind: 'COMMAND', command: ['true'] } };
    expect(await faults({ tasks: [quiet, codex], budget: { tokens: '5', turns: 1 } })).toEqual([
      { field: 'budget.turns', description: 'must be at least the number of its attempts, which is 2' },
      {
        field: 'budget.tokens',
        description: 'cannot be counted: agents of kind COMMAND tell no tokens; duration can be limited',
      },
    ]);
    expect(await faults({ tasks: [{ ...codex, budget }] })).toEqual([
      {
        field: 'tasks[0].budget.cost',
        description: 'no model has a price in USD; an operator sets it: heddle admin prices set MODEL --currency USD',
      },
    ]);
    await setPrice({ model: 'small-1' });
    expect(await faults({ tasks: [codex], budget })).toEqual([
      { field: 'budget.cost', description: 'the model big-1 has no price in USD' },
    ]);
    expect(await faults({ tasks: [{ ...codex, agent: { kind: 'CODEX' } }], budget })).toEqual([]);
    expect(
      await faults({ tasks: [codex], budget: { tokens: '0', cost: { currencyCode: 'usd', units: '-1' } } }),
    ).toEqual([
      { field: 'budget.tokens', description: 'must be 1 to 10^15' },
      { field: 'budget.cost.currency_code', description: 'must be three capital letters, as in USD' },
      { field: 'budget.cost', description: 'must be more than 0 and at most 10^12, with nanos of 0 to 999999999' },
    ]);
  });
});
