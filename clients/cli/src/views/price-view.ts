import type { Price } from '@heddle/sdk';
import { shortId } from '../output/short-id.js';
import { table } from '../output/table.js';
import type { ViewOptions } from './view-options.js';

/** Prices of a million tokens. */
export function priceTable(prices: readonly Price[], { style, columns }: ViewOptions): string[] {
  if (prices.length === 0)
    return ['There is no price yet, so no cost is known. Set one: heddle admin prices set MODEL --input 3 --output 15'];
  return table(
    [
      { title: 'ID' },
      { title: 'MODEL', shrinks: true },
      { title: 'PROVIDER' },
      { title: 'INPUT', align: 'right' },
      { title: 'CACHED', align: 'right' },
      { title: 'OUTPUT', align: 'right' },
      { title: 'REASONING', align: 'right' },
      { title: 'IN' },
      { title: 'FROM' },
    ],
    prices.map((price) => [
      { text: shortId(price.id) },
      { text: price.model, paint: style.bold },
      { text: price.provider || 'any' },
      { text: price.input },
      { text: price.cachedInput ?? price.input },
      { text: price.output },
      { text: price.reasoning ?? price.output },
      { text: price.currencyCode },
      { text: from(price), paint: style.dim },
    ]),
    { columns, paintHead: style.dim },
  );
}

function from({ validFromTime }: Price): string {
  return validFromTime === undefined || Date.parse(validFromTime) <= 0 ? 'ever' : validFromTime;
}
