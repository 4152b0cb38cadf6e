import type { Files } from '../git/sample-repository.js';

/** A small program with a real test suite that needs nothing but Node. */
export const SHOP: Files = {
  'package.json': `${JSON.stringify({ name: 'shop', type: 'module', scripts: { test: 'node --test' } }, undefined, 2)}\n`,
  'README.md': '# Shop\n\nA cart that knows its total.\n',
  'src/cart.js': [
    'export function total(items) {',
    '  return items.reduce((sum, item) => sum + item.price * item.quantity, 0);',
    '}',
    '',
    'export function format(amount) {',
    '  return `$${amount.toFixed(2)}`;',
    '}',
    '',
  ].join('\n'),
  'test/cart.test.js': [
    "import assert from 'node:assert/strict';",
    "import { test } from 'node:test';",
    "import { total } from '../src/cart.js';",
    '',
    "test('adds up', () => {",
    '  assert.equal(total([{ price: 2, quantity: 3 }]), 6);',
    '});',
    '',
  ].join('\n'),
};

const cart = (signature: string, line: string): string =>
  (SHOP['src/cart.js'] ?? '').replace('total(items)', signature).replace('item.price * item.quantity, 0)', line);

/** Changes the line of the sum, and adds a test. */
export const FEATURE: Files = {
  'src/cart.js': cart('total(items, discount = 0)', 'item.price * item.quantity, 0) * (1 - discount)'),
  'test/discount.test.js': [
    "import assert from 'node:assert/strict';",
    "import { test } from 'node:test';",
    "import { total } from '../src/cart.js';",
    '',
    "test('takes the discount off', () => {",
    '  assert.equal(total([{ price: 10, quantity: 1 }], 0.5), 5);',
    '});',
    '',
  ].join('\n'),
};

/** Touches nothing that the others touch. */
export const REGRESSION_TESTS: Files = {
  'test/format.test.js': [
    "import assert from 'node:assert/strict';",
    "import { test } from 'node:test';",
    "import { format } from '../src/cart.js';",
    '',
    "test('shows cents', () => {",
    "  assert.equal(format(1.5), '$1.50');",
    '});',
    '',
  ].join('\n'),
};

/** Changes the same line as the feature, in another way. */
export const FIX: Files = {
  'src/cart.js': cart('total(items)', 'item.price * Math.max(0, item.quantity), 0)'),
};

export const SUITE_CHECK = { name: 'unit', command: ['node', '--test'], timeout: '60s' };
