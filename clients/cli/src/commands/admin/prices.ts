import type { Command } from 'commander';
import { CliError } from '../../cli.error.js';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { wrongValue } from '../../input/wrong-value.js';
import { oneLine } from '../../output/neutralise.js';
import { matchId } from '../../resolve/match-id.js';
import { priceTable } from '../../views/price-view.js';

interface SetOptions extends JsonOption {
  readonly input: string;
  readonly cachedInput?: string;
  readonly output: string;
  readonly reasoning?: string;
  readonly currency: string;
  readonly provider?: string;
  readonly from?: string;
}

export function priceList(runtime: Runtime): Command {
  return leaf('ls', 'list what a million tokens of each model cost').action(
    action<[], JsonOption>(runtime, async ({ client, out, signal, now }) => {
      const prices = await (await client()).prices.listAll({ signal });
      if (out.json) out.document({ prices });
      else out.lines(priceTable(prices, { style: out.style, columns: out.columns, now: now() }));
      return EXIT.ok;
    }),
  );
}

export function priceSet(runtime: Runtime): Command {
  return leaf('set', 'set what a million tokens of a model cost')
    .argument('<model>', 'as agents name it; a * at its end stands for any rest')
    .requiredOption('--input <price>', 'of input')
    .option('--cached-input <price>', 'of input from a cache; by default as other input')
    .requiredOption('--output <price>', 'of output')
    .option('--reasoning <price>', 'of output that is reasoning; by default as other output')
    .option('--currency <code>', 'of the prices', 'USD')
    .option('--provider <provider>', 'only of models by this one, for example ANTHROPIC')
    .option('--from <time>', 'for what begins then or later; by default for all', parseTime)
    .action(
      action<[string], SetOptions>(runtime, async ({ client, out, signal, now }, options, model) => {
        const { input, cachedInput, output, reasoning, currency, provider, from } = options;
        const heddle = await client();
        const price = await heddle.prices.set(
          { model, input, cachedInput, output, reasoning, currencyCode: currency, provider, validFromTime: from },
          { signal },
        );
        if (out.json) out.document(price);
        else out.lines(priceTable([price], { style: out.style, columns: out.columns, now: now() }));
        return EXIT.ok;
      }),
    );
}

export function priceDelete(runtime: Runtime): Command {
  return leaf('rm', 'remove a row of the price table')
    .argument('<id>', 'as heddle admin prices ls shows it')
    .action(
      action<[string], JsonOption>(runtime, async ({ client, out, signal }, _options, text) => {
        const heddle = await client();
        const prices = await heddle.prices.listAll({ signal });
        const [id, ...others] = matchId(
          prices.map((price) => price.id),
          text,
        );
        if (id === undefined || others.length > 0) {
          const code = id === undefined ? 'NOT_FOUND' : 'AMBIGUOUS';
          const fault = id === undefined ? 'There is no price' : 'There is more than one price';
          throw new CliError(EXIT.refused, code, `${fault} ${text}`, { hint: 'See them: heddle admin prices ls' });
        }
        await heddle.prices.delete(id, { signal });
        const model = prices.find((price) => price.id === id)?.model ?? '';
        if (out.json) out.document({});
        else out.line(`This price of ${oneLine(model)} is gone.`);
        return EXIT.ok;
      }),
    );
}

function parseTime(value: string): string {
  const time = new Date(value);
  if (Number.isNaN(time.getTime())) throw wrongValue('a time: 2026-05-01');
  return time.toISOString();
}
