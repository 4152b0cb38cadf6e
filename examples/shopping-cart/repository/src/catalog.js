import { parseAmount } from './money.js';

export class Catalog {
  #products = new Map();

  constructor(products) {
    for (const { sku, title, price } of products) {
      this.#products.set(sku, { sku, title, cents: parseAmount(price) });
    }
  }

  find(sku) {
    const product = this.#products.get(sku);
    if (!product) throw new RangeError(`no such product: ${sku}`);
    return product;
  }
}

export const catalog = new Catalog([
  { sku: 'mug', title: 'Enamel mug', price: '12.50' },
  { sku: 'tea', title: 'Assam tea, 250 g', price: '8.99' },
  { sku: 'pot', title: 'Cast iron teapot', price: '79.00' },
  { sku: 'spoon', title: 'Measuring spoon', price: '3.05' },
]);
