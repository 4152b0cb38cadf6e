import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { shippingCost } from '../src/index.js';

describe('shipping', () => {
  it('depends on the country', () => {
    assert.equal(shippingCost(1000, 'DE'), 495);
    assert.equal(shippingCost(1000, 'US'), 1495);
  });

  it('is free from 50.00 on', () => {
    assert.equal(shippingCost(4999, 'FR'), 695);
    assert.equal(shippingCost(5000, 'FR'), 0);
  });

  it('refuses countries that nothing is sent to', () => {
    assert.throws(() => shippingCost(1000, 'XX'), /no shipping to XX/);
  });
});
