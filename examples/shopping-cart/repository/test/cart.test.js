import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Cart, catalog } from '../src/index.js';

describe('cart', () => {
  it('adds up what is in it', () => {
    const cart = new Cart(catalog, 'DE');
    cart.add('mug', 2);
    cart.add('tea');
    assert.equal(cart.subtotal(), 2 * 1250 + 899);
  });

  it('puts the same product on one line', () => {
    const cart = new Cart(catalog, 'DE');
    cart.add('mug');
    cart.add('mug', 2);
    assert.deepEqual(cart.lines(), [{ sku: 'mug', title: 'Enamel mug', quantity: 3, cents: 3750 }]);
  });

  it('charges shipping for small orders only', () => {
    const cart = new Cart(catalog, 'DE');
    cart.add('tea');
    assert.equal(cart.total(), 899 + 495);
    cart.add('pot');
    assert.equal(cart.total(), 899 + 7900);
  });

  it('forgets what was removed', () => {
    const cart = new Cart(catalog, 'FR');
    cart.add('mug');
    cart.add('spoon');
    cart.remove('mug');
    assert.equal(cart.subtotal(), 305);
  });

  it('refuses unknown products and odd quantities', () => {
    const cart = new Cart(catalog, 'DE');
    assert.throws(() => cart.add('hat'), /no such product/);
    for (const quantity of [0, -1, 1.5, NaN]) assert.throws(() => cart.add('mug', quantity), /not a quantity/);
  });
});
