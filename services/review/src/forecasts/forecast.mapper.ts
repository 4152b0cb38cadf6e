import {
  Forecast,
  ForecastFile_Sign_Kind,
  ForecastPair_Advice,
  OverlapPair_Level,
  type ForecastPair,
  type ForecastScore,
  type ForecastTask,
} from '@heddle/contracts';
import { scoreForecast } from '@heddle/domain';
import type { ForecastOutcome } from './forecast-scorer.js';
import type { ForecastEntity } from './forecast.entity.js';

/** With all that was expected. */
export function toForecast(row: ForecastEntity, outcome: ForecastOutcome): Forecast {
  return {
    ...toForecastSummary(row, outcome),
    tasks: row.tasks.map((task): ForecastTask => ({
      title: task.title,
      files: task.files.map(({ path, weight, signs }) => ({
        path,
        weight,
        signs: signs.map(({ kind, word }) => ({ kind: ForecastFile_Sign_Kind[kind], word })),
      })),
    })),
    pairs: row.pairs.map(({ a, b, advice, overlap, files }, at): ForecastPair => {
      const level = outcome.levels[at] ?? undefined;
      return {
        tasks: [a, b],
        advice: ForecastPair_Advice[advice],
        overlap,
        files: files.map((file) => ({ ...file })),
        actualLevel: level === undefined ? undefined : OverlapPair_Level[level],
      };
    }),
  };
}

/** Without the files and the pairs. */
export function toForecastSummary(row: ForecastEntity, outcome: ForecastOutcome): Forecast {
  return Forecast.fromPartial({
    id: row.id,
    repositoryId: row.repositoryId,
    ref: row.ref,
    baseCommit: row.baseCommit,
    tasks: row.tasks.map(({ title }) => ({ title })),
    complete: row.complete,
    createTime: row.createTime,
    batchId: outcome.batchId,
    score: scoreOf(row, outcome),
    settled: outcome.settled,
  });
}

function scoreOf({ pairs }: ForecastEntity, { levels }: ForecastOutcome): ForecastScore | undefined {
  const score = scoreForecast(pairs.map(({ advice }, at) => ({ advice, level: levels[at] ?? undefined })));
  if (score.judged === 0) return undefined;
  return {
    judgedPairs: score.judged,
    foretoldPairs: score.foretold,
    overlappedPairs: score.overlapped,
    rightPairs: score.right,
    missedPairs: score.missed,
    precision: score.precision,
    recall: score.recall,
  };
}
