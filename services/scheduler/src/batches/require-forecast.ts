import type { CreateBatchRequest } from '@heddle/contracts';
import { fieldInvalid } from '@heddle/domain';
import { requireId } from '@heddle/platform/ids';
import type { Forecasts } from '../shared/tokens.js';

const DEADLINE_MS = 10_000;

/**
 * A forecast is scored by the batch that names it: it must be of these tasks.
 * @throws HeddleError FORECAST_NOT_FOUND; FIELD_INVALID where it is of another repository or of another number of tasks
 */
export async function requireForecast(
  forecasts: Forecasts,
  { forecastId, tasks }: Pick<CreateBatchRequest, 'forecastId' | 'tasks'>,
  repositoryId: string,
): Promise<void> {
  if (forecastId === '') return;
  const id = requireId(forecastId, 'FORECAST_NOT_FOUND', 'forecast');
  const forecast = await forecasts.getForecast({ id }, { deadlineMs: DEADLINE_MS });
  const wrong = (description: string) => fieldInvalid([{ field: 'forecast_id', description }]);
  if (forecast.repositoryId !== repositoryId) throw wrong('is of another repository');
  if (forecast.tasks.length !== tasks.length)
    throw wrong(`is of ${String(forecast.tasks.length)} tasks, and the batch has ${String(tasks.length)}`);
}
