import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from '@jest/globals';
import { SourceReader } from './source-reader.js';

const program = fileURLToPath(new URL('../../dist/reading/main.js', import.meta.url));

describe('a reader of source texts', () => {
  const reader = new SourceReader({ program, processes: 1 });
  afterAll(() => reader.close());

  async function entities(path: string, text: string): Promise<string[]> {
    const outcome = await reader.read(path, Buffer.from(text));
    if (outcome?.kind !== 'READ') throw new Error(JSON.stringify(outcome));
    if (!outcome.answer.parsed) return ['unparsed'];
    return outcome.answer.entities.map(
      ({ kind, name, firstLine, lastLine, public: open, contract }) =>
        `${open ? '+' : '-'} ${kind} ${name} ${String(firstLine)}-${String(lastLine)} ${contract}`,
    );
  }

  it.each([
    [
      'cart.ts',
      `export async function total(
  items: Item[],
  currency = 'EUR',
): Promise<number> {
  const inner = () => 1;
  return 0;
}
const hidden = (a: number) => a;
export const shown = (a: number): number => a;
function listed() {}
export abstract class Cart extends Base {
  private count = 0;
  add(item: Item): void {}
  private drop() {}
}
export interface Item { price: number }
export type Id = string;
export enum Kind { A }
export { listed };
`,
      [
        "+ FUNCTION total 1-7 async function total(items:Item[],currency='EUR'):Promise<number>",
        '- FUNCTION total.inner 5-5 inner=()=>',
        '- FUNCTION hidden 8-8 hidden=(a:number)=>',
        '+ FUNCTION shown 9-9 shown=(a:number):number=>',
        '+ FUNCTION listed 10-10 function listed()',
        '+ CLASS Cart 11-15 abstract class Cart extends Base',
        '+ METHOD Cart.add 13-13 add(item:Item):void',
        '- METHOD Cart.drop 14-14 private drop()',
        '+ TYPE Item 16-16 interface Item{price:number}',
        '+ TYPE Id 17-17 type Id=string;',
        '+ TYPE Kind 18-18 enum Kind{A}',
      ],
    ],
    ['view.tsx', 'export const View = (p: P) => <b>{p.x}</b>;\n', ['+ FUNCTION View 1-1 View=(p:P)=>']],
    ['cart.cjs', 'function add(a) { return a; }\nmodule.exports = { add };\n', ['+ FUNCTION add 1-1 function add(a)']],
    [
      'cart.py',
      '@cached\ndef total(items, *, currency="EUR"):\n    return 0\n\nclass Cart(Base):\n    def add(self, item):\n        pass\n    def _drop(self):\n        pass\n',
      [
        '+ FUNCTION total 1-3 @cached def total(items,*,currency="EUR"):',
        '+ CLASS Cart 5-9 class Cart(Base):',
        '+ METHOD Cart.add 6-7 def add(self,item):',
        '- METHOD Cart._drop 8-9 def _drop(self):',
      ],
    ],
    [
      'cart.go',
      'package cart\n\nfunc (c *Cart[T]) Add(item T) error {\n\treturn nil\n}\nfunc drop() {}\ntype Cart[T any] struct{ items []T }\ntype ID = string\n',
      [
        '+ METHOD Cart.Add 3-5 func(c *Cart[T])Add(item T)error',
        '- FUNCTION drop 6-6 func drop()',
        '+ TYPE Cart 7-7 Cart[T any]struct{items[]T}',
        '+ TYPE ID 8-8 ID=string',
      ],
    ],
    [
      'Cart.java',
      'public class Cart extends Base {\n  public Cart(int a) {}\n  private void drop() {}\n  interface Item { int price(); }\n}\n',
      [
        '+ CLASS Cart 1-5 public class Cart extends Base',
        '+ METHOD Cart.Cart 2-2 public Cart(int a)',
        '- METHOD Cart.drop 3-3 private void drop()',
        '+ CLASS Cart.Item 4-4 interface Item',
        '+ METHOD Cart.Item.price 4-4 int price();',
      ],
    ],
    [
      'cart.rs',
      'impl<T> Cart<T> {\n    pub fn add(&self, item: T) {}\n    fn drop(&self) {}\n}\npub trait Priced { fn price(&self) -> u64; }\npub struct Id(u64);\nmod inner { pub fn f() {} }\n',
      [
        '+ METHOD Cart.add 2-2 pub fn add(&self,item:T)',
        '- METHOD Cart.drop 3-3 fn drop(&self)',
        '+ CLASS Priced 5-5 pub trait Priced',
        '+ METHOD Priced.price 5-5 fn price(&self)->u64;',
        '+ TYPE Id 6-6 pub struct Id(u64);',
        '+ METHOD inner.f 7-7 pub fn f()',
      ],
    ],
    [
      'cart.c',
      'static int drop(void) { return 0; }\nchar *name(int a) { return 0; }\ntypedef struct { int a; } item;\nstruct cart { struct item *items; };\n',
      [
        '- FUNCTION drop 1-1 static int drop(void)',
        '+ FUNCTION name 2-2 char *name(int a)',
        '+ TYPE item 3-3 typedef struct{int a;}item;',
        '+ TYPE cart 4-4 struct cart{struct item *items;}',
      ],
    ],
    [
      'cart.cpp',
      'namespace shop {\nclass Cart : Base { public: int size() const { return 0; } };\n}\nint shop::Cart::add(int a) { return a; }\ntemplate <class T> T id(T a) { return a; }\n',
      [
        '+ CLASS shop.Cart 2-2 class Cart:Base',
        '+ METHOD shop.Cart.size 2-2 int size()const',
        '+ FUNCTION shop.Cart.add 4-4 int shop::Cart::add(int a)',
        '+ FUNCTION id 5-5 T id(T a)',
      ],
    ],
  ])('knows what %s declares', async (path, text, expected) => {
    expect(await entities(path, text)).toEqual(expected);
  });

  it('knows where names are used, and not where they are only spoken of', async () => {
    const text = "// total\nconst a = 'total';\nconsole.log(cart.total(), totals);\nexport type B = Item;\n";
    const outcome = await reader.read('use.ts', Buffer.from(text), { names: ['total', 'Item'] });
    expect(outcome).toMatchObject({
      kind: 'READ',
      answer: {
        parsed: true,
        uses: [
          { name: 'total', line: 3 },
          { name: 'Item', line: 4 },
        ],
      },
    });
  });

  it('says of a text in the middle of an edit that it is not of its language', async () => {
    expect(await entities('half.ts', 'export function total(items {\n')).toEqual(['unparsed']);
  });

  it('does not read what is of no known language, too large or no text', async () => {
    const small = new SourceReader({ program, maxBytes: 10 });
    expect(await small.read('notes.md', Buffer.from('a'))).toBeUndefined();
    expect(await small.read('a.ts', Buffer.from('let a = 1; // long'))).toEqual({
      kind: 'UNREAD',
      reason: 'too large',
    });
    expect(await small.read('a.ts', Buffer.from([0x61, 0]))).toEqual({ kind: 'UNREAD', reason: 'no text' });
    expect(await small.read('a.ts', Buffer.from([0xff]))).toEqual({ kind: 'UNREAD', reason: 'no text' });
  });

  it('bears a parser that hangs, and reads the next text with a new one', async () => {
    const hanging = new SourceReader({ program, processes: 1, timeoutMs: 1 });
    const first = hanging.read('a.ts', Buffer.from('let a = 1;'));
    const second = hanging.read('b.ts', Buffer.from('let b = 1;'));
    expect(await first).toEqual({ kind: 'UNREAD', reason: 'too slow' });
    expect(await second).toEqual({ kind: 'UNREAD', reason: 'too slow' });
    hanging.close();
  });

  it('bears a parser that dies', async () => {
    const dying = new SourceReader({ program: '/nowhere/main.js', processes: 1 });
    expect(await dying.read('a.ts', Buffer.from('let a = 1;'))).toMatchObject({ kind: 'UNREAD' });
    expect(await dying.read('a.ts', Buffer.from('let a = 1;'))).toMatchObject({ kind: 'UNREAD' });
  });

  it('bears texts that are deep, long or wild', async () => {
    const deep = Buffer.from(`const a = ${'('.repeat(60_000)}1${')'.repeat(60_000)};`);
    const wide = Buffer.from('x => '.repeat(50_000));
    const outcomes = await Promise.all([deep, wide].map((text) => reader.read('wild.ts', text)));
    expect(outcomes.every((outcome) => outcome !== undefined)).toBe(true);
    expect(await entities('after.ts', 'export function a() {}')).toEqual(['+ FUNCTION a 1-1 function a()']);
  });
});
