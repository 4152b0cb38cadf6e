export { Cart } from './cart.js';
export { Catalog, catalog } from './catalog.js';
export { formatAmount, parseAmount, percentOf } from './money.js';
export { receipt } from './receipt.js';
export { shippingCost } from './shipping.js';
