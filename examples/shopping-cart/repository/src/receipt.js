import { formatAmount } from './money.js';

const WIDTH = 32;

/** The receipt of a cart as text, one line per product, amounts at the right. */
export function receipt(cart) {
  const rows = cart.lines().map(({ title, quantity, cents }) => [`${quantity} x ${title}`, cents]);
  const total = cart.total();
  rows.push(['Shipping', total - cart.subtotal()], ['Total', total]);
  return rows.map(([label, cents]) => label + formatAmount(cents).padStart(WIDTH - label.length)).join('\n');
}
