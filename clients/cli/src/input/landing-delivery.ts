import { usageError } from '../cli.error.js';

const DELIVERIES = { push: 'PUSH', 'pull-request': 'PULL_REQUEST' } as const;

export type LandingDeliveryWord = (typeof DELIVERIES)[keyof typeof DELIVERIES];

/** The word of the API for where a change is delivered to. */
export function parseDelivery(value: string): LandingDeliveryWord {
  const delivery = Object.entries(DELIVERIES).find(([word]) => word === value.toLowerCase())?.[1];
  if (delivery === undefined)
    throw usageError(`Not a way to deliver: ${JSON.stringify(value)}; there are ${Object.keys(DELIVERIES).join(', ')}`);
  return delivery;
}
