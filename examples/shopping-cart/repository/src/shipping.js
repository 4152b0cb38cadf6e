const FREE_FROM_CENTS = 5000;
const RATES = { DE: 495, FR: 695, US: 1495 };

/** What it costs to send goods of this worth, in cents. */
export function shippingCost(subtotal, country) {
  const rate = RATES[country];
  if (rate === undefined) throw new RangeError(`no shipping to ${country}`);
  return subtotal >= FREE_FROM_CENTS ? 0 : rate;
}
