import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { resolveForecast } from '../../resolve/resolve-forecast.js';
import { forecastView } from '../../views/forecast-view.js';

export function forecastShow(runtime: Runtime): Command {
  return leaf('show', 'what was foretold of planned tasks, and what came of it')
    .argument('[forecast]', 'id, or part of it; the newest if left out')
    .action(
      action<[string | undefined], JsonOption>(runtime, async ({ client, out, signal, now }, _options, text) => {
        const heddle = await client();
        const forecast = await heddle.forecasts.getById(await resolveForecast(heddle, text), { signal });
        if (out.json) out.document(forecast);
        else out.lines(forecastView(forecast, { style: out.style, columns: out.columns, now: now() }));
        return EXIT.ok;
      }),
    );
}
