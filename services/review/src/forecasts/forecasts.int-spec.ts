import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  Batch,
  ForecastPair_Advice,
  ListForecastsRequest,
  ListOverlapsRequest,
  OverlapPair_Level,
  SuggestSplitRequest,
  type Forecast,
} from '@heddle/contracts';
import { newId } from '@heddle/platform/ids';
import { describeWith, useTemporaryDirectories } from '@heddle/testing';
import { reviewFixture, type ReviewFixture } from '../testing/review-fixture.js';
import { SampleProject } from '../testing/sample-project.js';

// Not within: what is removed there is removed before the service is stopped.
const temporary = useTemporaryDirectories();

const CART = 'export function emptyCart(): number {\n  return 0;\n}\n';
const FILES = {
  'src/cart.ts': CART,
  'src/order.ts': 'export function orderTotal(): number {\n  return 1;\n}\n',
  'src/mail.ts': 'export function sendMail(): void {}\n',
  'docs/shipping.md': '# Shipping\n',
};
const TASKS = [
  { title: 'Fix the empty cart', prompt: '`emptyCart` in src/cart.ts crashes' },
  { prompt: 'Have `emptyCart` log what it does' },
  { title: 'Totals', prompt: 'Round what orderTotal gives', declaredPaths: ['src/order*'] },
  { title: 'Something', prompt: 'Make it nicer' },
];

await describeWith(['postgres', 'nats', 'temporal'], 'forecasts', (servers) => {
  let directory: string;
  let fixture: ReviewFixture;
  let project: SampleProject;
  beforeAll(async () => {
    directory = await temporary('review');
    fixture = await reviewFixture(servers, join(directory, 'data'));
    project = await SampleProject.create(fixture, join(directory, newId()), FILES);
  });
  afterAll(() => fixture.close());

  function suggest(fields: Partial<SuggestSplitRequest> = {}): Promise<Forecast> {
    return fixture.clients.batches.suggestSplit(
      SuggestSplitRequest.fromPartial({ repositoryId: project.repositoryId, tasks: TASKS, ...fields }),
    );
  }

  const adviceOf = ({ pairs }: Forecast) => pairs.map(({ tasks, advice }) => [...tasks, advice]);

  it('say which tasks to merge, and by which files', async () => {
    const forecast = await suggest();
    expect(forecast).toMatchObject({ repositoryId: project.repositoryId, ref: 'trunk', baseCommit: project.base });
    expect(forecast.complete).toBe(true);
    expect(forecast.tasks.map(({ title, files }) => [title, files.map(({ path }) => path)])).toEqual([
      ['Fix the empty cart', ['src/cart.ts']],
      ['Have `emptyCart` log what it does', ['src/cart.ts']],
      ['Totals', ['src/order.ts']],
      ['Something', []],
    ]);
    expect(adviceOf(forecast)).toEqual([
      [0, 1, ForecastPair_Advice.MERGE],
      [0, 2, ForecastPair_Advice.INDEPENDENT],
      [0, 3, ForecastPair_Advice.UNKNOWN],
      [1, 2, ForecastPair_Advice.INDEPENDENT],
      [1, 3, ForecastPair_Advice.UNKNOWN],
      [2, 3, ForecastPair_Advice.UNKNOWN],
    ]);
    expect(forecast.pairs[0]?.files).toMatchObject([{ path: 'src/cart.ts', recentEdits: 1 }]);
    expect(await fixture.clients.forecasts.getForecast({ id: forecast.id })).toEqual(forecast);
  });

  it('are made once for one request', async () => {
    const requestId = newId();
    const first = await suggest({ requestId });
    expect((await suggest({ requestId })).id).toBe(first.id);
  });

  it.each([
    [{ tasks: [] }, 'FIELD_INVALID'],
    [{ ref: 'a..b' }, 'FIELD_INVALID'],
    [{ ref: 'nowhere' }, 'REF_NOT_FOUND'],
    [{ repositoryId: newId() }, 'REPOSITORY_NOT_FOUND'],
  ])('are refused for %j', async (fields, reason) => {
    await expect(suggest(fields)).rejects.toMatchObject({ reason });
  });

  it('are scored by what the first batch with them came to, and stay so when it has ended', async () => {
    const { id } = await suggest();
    const taskIds = TASKS.map(() => newId());
    const capture = (task: number, edits: Record<string, string>) =>
      project.capture(edits, { taskId: taskIds[task] ?? '' });
    await capture(0, { 'src/cart.ts': CART.replace('0', '1') });
    await capture(1, { 'src/cart.ts': CART.replace('0', '2') });
    await capture(2, { 'src/cart.ts': `${CART}\n\n\n// rounded\n` });
    await overlapsOf(project.batchId);
    const batch = { id: project.batchId, forecastId: id, tasks: taskIds.map((task) => ({ id: task })) };
    fixture.scheduler.batches.push(Batch.fromPartial(batch));
    fixture.scheduler.batches.push(Batch.fromPartial({ ...batch, id: newId() }));
    const running = await fixture.clients.forecasts.getForecast({ id });
    expect(running).toMatchObject({ batchId: project.batchId, settled: false });
    expect(running.pairs.map(({ actualLevel }) => actualLevel)).toEqual([
      OverlapPair_Level.TEXTUAL,
      OverlapPair_Level.FILE,
      undefined,
      OverlapPair_Level.FILE,
      undefined,
      undefined,
    ]);
    expect(running.score).toMatchObject({
      judgedPairs: 3,
      foretoldPairs: 1,
      overlappedPairs: 3,
      rightPairs: 1,
      missedPairs: 0,
      precision: 1,
      recall: 1 / 3,
    });
    fixture.scheduler.batches[0] = Batch.fromPartial({ ...batch, endTime: new Date() });
    const settled = await fixture.clients.forecasts.getForecast({ id });
    expect(settled).toEqual({ ...running, settled: true });
    fixture.scheduler.batches.length = 0;
    expect(await fixture.clients.forecasts.getForecast({ id })).toEqual(settled);
    const { forecasts } = await fixture.clients.forecasts.listForecasts(
      ListForecastsRequest.fromPartial({ repositoryId: project.repositoryId }),
    );
    expect(forecasts[0]).toMatchObject({ id, score: settled.score, pairs: [], settled: true });
  });

  it('are not there by any id', async () => {
    await expect(fixture.clients.forecasts.getForecast({ id: newId() })).rejects.toMatchObject({
      reason: 'FORECAST_NOT_FOUND',
    });
  });

  async function overlapsOf(batchId: string): Promise<void> {
    for (;;) {
      const { pendingPairs } = await fixture.clients.overlaps.listOverlaps(
        ListOverlapsRequest.fromPartial({ batchId }),
      );
      if (pendingPairs === 0) return;
    }
  }
});
