import { msToDuration, type BudgetInput } from '@heddle/sdk';
import type { Command } from 'commander';
import { parseDuration } from './duration-option.js';
import { parseWholeNumber } from './number-option.js';
import { wrongValue } from './wrong-value.js';

type Money = NonNullable<BudgetInput['cost']>;

/** Limits as options of a command that is about nothing else. */
export interface BudgetOptions {
  readonly tokens?: string;
  readonly cost?: Money;
  readonly duration?: number;
  readonly turns?: number;
}

/** The same beside options of other matters. */
export interface RunBudgetOptions {
  readonly budgetTokens?: string;
  readonly budgetCost?: Money;
  readonly budgetDuration?: number;
  readonly budgetTurns?: number;
}

const FACTORS: Readonly<Record<string, bigint>> = { '': 1n, k: 1_000n, M: 1_000_000n };

export function withBudgetOptions(command: Command): Command {
  return options(command, '');
}

export function withRunBudgetOptions(command: Command): Command {
  return options(command, 'budget-');
}

function options(command: Command, prefix: string): Command {
  return command
    .option(`--${prefix}tokens <count>`, 'tokens of models that its agents may use: 500000, 500k, 2M', parseTokens)
    .option(`--${prefix}cost <amount>`, 'what they may cost by the price table: 5USD, "2.50 EUR"', parseMoney)
    .option(`--${prefix}duration <duration>`, "its agents' time, all attempts together", parseDuration)
    .option(`--${prefix}turns <count>`, 'prompts to its agents, all attempts together', parseWholeNumber);
}

/** Undefined without a limit. */
export function budgetOf({ tokens, cost, duration, turns }: BudgetOptions): BudgetInput | undefined {
  const budget = { tokens, cost, duration: duration === undefined ? undefined : msToDuration(duration), turns };
  return Object.values(budget).every((limit) => limit === undefined) ? undefined : budget;
}

export function budgetOfRun(options: RunBudgetOptions): BudgetInput | undefined {
  const { budgetTokens: tokens, budgetCost: cost, budgetDuration: duration, budgetTurns: turns } = options;
  return budgetOf({
    ...(tokens === undefined ? {} : { tokens }),
    ...(cost === undefined ? {} : { cost }),
    ...(duration === undefined ? {} : { duration }),
    ...(turns === undefined ? {} : { turns }),
  });
}

export function parseTokens(value: string): string {
  const [, count, unit = ''] = /^(\d{1,15})(k|M)?$/.exec(value.trim()) ?? [];
  const factor = FACTORS[unit];
  if (count === undefined || factor === undefined) throw wrongValue('a number of tokens: 500000, 500k, 2M');
  return String(BigInt(count) * factor);
}

export function parseMoney(value: string): Money {
  const [, units, fraction = '', currency] = /^(\d{1,12})(?:\.(\d{1,9}))? ?([A-Za-z]{3})$/.exec(value.trim()) ?? [];
  if (units === undefined || currency === undefined) throw wrongValue('an amount with its currency: 5USD, "2.50 EUR"');
  return { currencyCode: currency.toUpperCase(), units, nanos: Number(fraction.padEnd(9, '0')) };
}
