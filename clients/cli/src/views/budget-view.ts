import { durationToMs, type Budget, type Spending } from '@heddle/sdk';
import { oneLine } from '../output/neutralise.js';
import { table } from '../output/table.js';
import { duration } from '../output/time.js';
import type { ViewOptions } from './view-options.js';

type Money = NonNullable<Budget['cost']>;

const UNKNOWN = 'unknown';

/** What has been used beside what may be; what nobody limits has a dash. */
export function budgetTable(
  { budget, spending }: { readonly budget?: Budget; readonly spending?: Spending },
  { style, columns }: ViewOptions,
): string[] {
  const time = (value: string | undefined): string => (value === undefined ? '-' : duration(durationToMs(value)));
  const rows = [
    ['tokens', spending?.tokens ?? UNKNOWN, budget?.tokens ?? '-'],
    ['cost', spending?.cost === undefined ? UNKNOWN : money(spending.cost), budget?.cost ? money(budget.cost) : '-'],
    ['time', time(spending?.duration), time(budget?.duration)],
    ['turns', String(spending?.turns ?? 0), budget?.turns === undefined ? '-' : String(budget.turns)],
  ];
  const lines = table(
    [{ title: 'OF' }, { title: 'USED', align: 'right' }, { title: 'BUDGET', align: 'right' }],
    rows.map((row) => row.map((text) => ({ text }))),
    { columns, paintHead: style.dim },
  );
  const unpriced = (spending?.unpricedModels ?? []).map((model) => model || 'one that its agent does not name');
  return unpriced.length === 0
    ? lines
    : [...lines, style.dim(`No cost is known without a price of: ${oneLine(unpriced.join(', '))}`)];
}

/** `2.50 USD`; as many digits as there are, two at least. */
function money({ currencyCode, units, nanos }: Money): string {
  const fraction = String(nanos)
    .padStart(9, '0')
    .replace(/0{1,7}$/, '');
  return `${units}.${fraction} ${currencyCode}`;
}
