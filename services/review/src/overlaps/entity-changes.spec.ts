import { describe, expect, it } from '@jest/globals';
import type { Entity } from '@heddle/code';
import type { LineHunk } from '@heddle/git';
import { entityChanges } from './entity-changes.js';

const entity = (name: string, firstLine: number, lastLine: number, more: Partial<Entity> = {}): Entity => ({
  kind: 'FUNCTION',
  name,
  firstLine,
  lastLine,
  public: true,
  contract: `${name}()`,
  ...more,
});
const hunk = (oldStart: number, oldLines: string[], newStart: number, newLines: string[]): LineHunk => ({
  oldStart,
  oldLines,
  newStart,
  newLines,
});

describe('what a change does to entities', () => {
  const cart = [entity('Cart', 1, 10, { kind: 'CLASS' }), entity('Cart.add', 2, 4), entity('Cart.total', 6, 9)];

  it('touches the innermost around each line', () => {
    const { touched } = entityChanges(cart, cart, [hunk(3, ['x'], 3, ['y']), hunk(5, ['field = 1'], 5, ['field = 2'])]);
    expect([...touched]).toEqual([
      ['Cart.add', 'FUNCTION'],
      ['Cart', 'CLASS'],
    ]);
  });

  it('leaves alone the neighbours of what is put between them', () => {
    const head = [...cart.slice(0, 2), entity('Cart.drop', 6, 8), entity('Cart.total', 10, 13)];
    const { touched, declared } = entityChanges(cart, head, [hunk(3, [], 4, ['}', '', 'drop() {', 'x', '}'])]);
    expect([...touched.keys()]).toEqual(['Cart.drop']);
    expect([...declared]).toEqual(['drop']);
  });

  it('breaks what is public and has another signature or none', () => {
    const base = [
      entity('kept', 1, 1),
      entity('changed', 2, 2),
      entity('removed', 3, 3),
      entity('own', 4, 4, { public: false }),
    ];
    const head = [entity('kept', 1, 1), entity('changed', 2, 2, { contract: 'changed(a)' })];
    expect(entityChanges(base, head, []).broken).toEqual([
      { entity: 'changed', name: 'changed', how: 'CHANGED' },
      { entity: 'removed', name: 'removed', how: 'REMOVED' },
    ]);
  });

  it('breaks what is public no more, and not what has one more overload', () => {
    const one = entity('f', 1, 1, { contract: 'f(a)' });
    expect(entityChanges([one], [{ ...one, public: false }], []).broken).toMatchObject([{ how: 'CHANGED' }]);
    expect(entityChanges([one], [one, { ...one, contract: 'f(b)' }], []).broken).toEqual([]);
    expect(entityChanges([one, { ...one, contract: 'f(b)' }], [one], []).broken).toMatchObject([{ how: 'CHANGED' }]);
  });

  it('knows a constructor by its class', () => {
    const base = [entity('Cart', 1, 9, { kind: 'CLASS' }), entity('Cart.constructor', 2, 3)];
    const head = [base[0]!, entity('Cart.constructor', 2, 3, { contract: 'constructor(a)' })];
    expect(entityChanges(base, head, []).broken).toEqual([
      { entity: 'Cart.constructor', name: 'Cart', how: 'CHANGED' },
    ]);
  });
});
