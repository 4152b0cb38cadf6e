import type { SetPriceRequest } from '@heddle/contracts';
import { isModelProvider, MODEL_PROVIDERS, type FieldViolation } from '@heddle/domain';

/** All faults at once. */
export function priceViolations(request: SetPriceRequest): FieldViolation[] {
  const violations: FieldViolation[] = [];
  const refuse = (field: string, description: string): number => violations.push({ field, description });
  if (request.provider !== '' && !isModelProvider(request.provider))
    refuse('provider', `must be absent (any), or one of ${Object.keys(MODEL_PROVIDERS).join(', ')}`);
  if (!/^(?=.)[^\s*]{0,199}\*?$/.test(request.model))
    refuse('model', 'must be a name of at most 199 characters without blanks; only its end may be a *');
  if (!/^[A-Z]{3}$/.test(request.currencyCode)) refuse('currency_code', 'must be three capital letters, as in USD');
  for (const [field, price] of [
    ['input', request.input],
    ['cached_input', request.cachedInput],
    ['output', request.output],
    ['reasoning', request.reasoning],
  ] as const) {
    if (price !== undefined && !/^\d{1,9}(\.\d{1,9})?$/.test(price))
      refuse(field, 'must be a decimal number, as in 1.25, with at most 9 digits on either side');
  }
  return violations;
}
