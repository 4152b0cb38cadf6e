import { shippingCost } from './shipping.js';

export class Cart {
  #catalog;
  #quantities = new Map();

  constructor(catalog, country) {
    this.#catalog = catalog;
    this.country = country;
  }

  add(sku, quantity = 1) {
    if (!Number.isInteger(quantity) || quantity < 1) throw new RangeError(`not a quantity: ${quantity}`);
    this.#catalog.find(sku);
    this.#quantities.set(sku, (this.#quantities.get(sku) ?? 0) + quantity);
  }

  remove(sku) {
    this.#quantities.delete(sku);
  }

  /** What is in the cart, in the order it was put in. */
  lines() {
    return [...this.#quantities].map(([sku, quantity]) => {
      const { title, cents } = this.#catalog.find(sku);
      return { sku, title, quantity, cents: cents * quantity };
    });
  }

  subtotal() {
    return this.lines().reduce((sum, line) => sum + line.cents, 0);
  }

  /** What the customer pays, in cents. */
  total() {
    const subtotal = this.subtotal();
    return subtotal + shippingCost(subtotal, this.country);
  }
}
