import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatAmount, parseAmount } from '../src/index.js';

describe('money', () => {
  it('reads amounts with and without cents', () => {
    assert.equal(parseAmount('12.50'), 1250);
    assert.equal(parseAmount(' 3 '), 300);
  });

  it('refuses what is no amount', () => {
    for (const text of ['', '-1', '1.5', '1,50', 'ten']) assert.throws(() => parseAmount(text), RangeError);
  });

  it('prints what it reads', () => {
    for (const text of ['0.00', '0.05', '12.50', '1000.99']) assert.equal(formatAmount(parseAmount(text)), text);
  });

  it('prints negative amounts', () => {
    assert.equal(formatAmount(-1205), '-12.05');
  });
});
