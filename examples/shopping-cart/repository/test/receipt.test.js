import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Cart, catalog, receipt } from '../src/index.js';

describe('receipt', () => {
  it('lists products, shipping and the total', () => {
    const cart = new Cart(catalog, 'DE');
    cart.add('mug', 2);
    cart.add('spoon');
    assert.equal(
      receipt(cart),
      [
        '2 x Enamel mug             25.00',
        '1 x Measuring spoon         3.05',
        'Shipping                    4.95',
        'Total                      33.00',
      ].join('\n'),
    );
  });
});
