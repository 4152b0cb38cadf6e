import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { resourceKind, sharedResources } from './resources.js';

const added = (...paths: string[]) => paths.map((path) => ({ path, added: true }));
const edited = (...paths: string[]) => paths.map((path) => ({ path, added: false }));

describe('resources', () => {
  it.each([
    ['package-lock.json', 'LOCK_FILE'],
    ['services/api/Cargo.lock', 'LOCK_FILE'],
    ['go.sum', 'LOCK_FILE'],
    ['db/migrate/20260101120000_add_cart.rb', 'MIGRATION'],
    ['shop/migrations/0007_cart.py', 'MIGRATION'],
    ['src/main/resources/db/migration/V12__cart.sql', 'MIGRATION'],
    ['sql/V3_1__cart.sql', 'MIGRATION'],
    ['src/generated/api.ts', 'GENERATED'],
    ['api/cart.pb.go', 'GENERATED'],
    ['cart_pb2.py', 'GENERATED'],
    ['db/schema.rb', 'SCHEMA'],
    ['proto/cart.proto', 'SCHEMA'],
    ['openapi.yaml', 'SCHEMA'],
    ['src/cart.ts', undefined],
    ['docs/migrations.md', undefined],
    ['my-package-lock.json', undefined],
    ['src/schema.ts', undefined],
  ])('knows %s as %s', (path, kind) => {
    expect(resourceKind(path)).toBe(kind);
  });

  it('are shared where both touch the same one', () => {
    expect(sharedResources(edited('go.sum', 'a.go'), edited('a.go', 'go.sum'))).toEqual([
      { kind: 'LOCK_FILE', path: 'go.sum' },
    ]);
    expect(sharedResources(edited('a/go.sum'), edited('b/go.sum'))).toEqual([]);
  });

  it('are shared where two new migrations claim one place', () => {
    expect(sharedResources(added('m/migrations/0007_cart.py'), added('m/migrations/7_order.py'))).toEqual([
      { kind: 'MIGRATION', path: 'm/migrations/0007_cart.py', otherPath: 'm/migrations/7_order.py' },
    ]);
    expect(sharedResources(added('db/migration/V2__a.sql'), added('db/migration/V2__b.sql'))).toHaveLength(1);
  });

  it.each([
    ['m/migrations/0007_a.py', 'm/migrations/0008_b.py'],
    ['m/migrations/0007_a.py', 'n/migrations/0007_b.py'],
    ['m/migrations/0007_a.up.sql', 'm/migrations/0007_b.down.sql'],
    ['db/migration/V2__a.sql', 'db/migration/V2_1__b.sql'],
    ['m/migrations/initial.py', 'm/migrations/second.py'],
  ])('are not shared by %s and %s', (a, b) => {
    expect(sharedResources(added(a), added(b))).toEqual([]);
  });

  it('are not shared by a migration that was there before', () => {
    expect(sharedResources(edited('m/migrations/0007_a.py'), added('m/migrations/0007_b.py'))).toEqual([]);
  });

  it('are what the caller says', () => {
    const kindOf = (path: string) => (path.startsWith('sql/') ? ('MIGRATION' as const) : undefined);
    expect(sharedResources(added('sql/1_a.sql'), added('sql/1_b.sql'), kindOf)).toEqual([
      { kind: 'MIGRATION', path: 'sql/1_a.sql', otherPath: 'sql/1_b.sql' },
    ]);
    expect(sharedResources(edited('go.sum'), edited('go.sum'), kindOf)).toEqual([]);
  });

  it('are found alike from both sides', () => {
    const path = fc.tuple(
      fc.constantFrom('m/migrations/', 'n/migrations/', 'src/', ''),
      fc.constantFrom('0007_a.py', '0007_b.py', '7_c.py', '0008_d.py', 'go.sum', 'x.proto'),
      fc.boolean(),
    );
    const side = fc.uniqueArray(
      path.map(([directory, name, isNew]) => ({ path: directory + name, added: isNew })),
      { selector: (item) => item.path },
    );
    fc.assert(
      fc.property(side, side, (a, b) => {
        expect(sharedResources(a, b).length > 0).toBe(sharedResources(b, a).length > 0);
      }),
    );
  });
});
