/** New text of a file, or `null` to remove it. */
export type PlantedEdits = Readonly<Record<string, string | null>>;

export interface PlantedChange {
  readonly name: string;
  readonly edits: PlantedEdits;
}

/** What must be said of a pair of changes; all other pairs have nothing in common. */
export interface PlantedPair {
  readonly changes: readonly [string, string];
  readonly level: 'FILE' | 'ENTITY' | 'RESOURCE' | 'TEXTUAL';
  readonly duplicate: boolean;
  /** At least one piece of evidence has all of these. */
  readonly evidence: Readonly<Record<string, string>>;
}

export interface PlantedRepository {
  readonly base: Readonly<Record<string, string>>;
  readonly changes: readonly PlantedChange[];
  readonly pairs: readonly PlantedPair[];
}

type Planting = (ground: Ground) => void;

/**
 * A repository with pairs of changes that are known to meet, each in its own way and in files of its own, and as many that meet in
 * nothing. Names, sizes and order differ by the seed and by nothing else.
 */
export function plantConflicts(seed: number): PlantedRepository {
  const ground = new Ground(seed);
  const plantings = ground.shuffled(PLANTINGS);
  for (const plant of plantings) plant(ground);
  for (let index = 0; index < plantings.length; index += 1) harmless(ground, index);
  return { base: ground.base, changes: ground.shuffled(ground.changes), pairs: ground.pairs };
}

class Ground {
  readonly base: Record<string, string> = {};
  readonly changes: PlantedChange[] = [];
  readonly pairs: PlantedPair[] = [];
  private state: number;
  private names = 0;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** 0 … below; the same sequence for the same seed (a linear congruential generator). */
  below(limit: number): number {
    this.state = (Math.imul(this.state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.state / 2 ** 32) * limit);
  }

  shuffled<T>(items: readonly T[]): T[] {
    const left = [...items];
    return items.map(() => left.splice(this.below(left.length), 1)[0] as T);
  }

  /** A word that no other planting has. */
  word(): string {
    this.names += 1;
    const start = ['cart', 'price', 'stock', 'order', 'refund', 'label'][this.below(6)] ?? 'cart';
    return `${start}${String(this.names)}`;
  }

  plant(
    base: Readonly<Record<string, string>>,
    one: PlantedEdits,
    two: PlantedEdits,
    pair: Omit<PlantedPair, 'changes'>,
  ): void {
    Object.assign(this.base, base);
    const changes = [this.word(), this.word()] as const;
    this.changes.push({ name: changes[0], edits: one }, { name: changes[1], edits: two });
    this.pairs.push({ changes, ...pair });
  }

  /** A module of a few functions, of which the first is exported as `name`. */
  module(name: string, signature = 'amount: number', result = 'amount'): string {
    const own = (letter: string): string =>
      `function ${name}${letter}(value: number): number {\n  const step = value + ${String(letter.charCodeAt(0))};\n  return step * 2;\n}\n`;
    return `export function ${name}(${signature}): number {\n  const base = 1;\n  return base + ${result};\n}\n\n${own('A')}\n${own('B')}\n${own('C')}`;
  }
}

const PLANTINGS: readonly Planting[] = [
  function textual(ground) {
    const [name, path] = [ground.word(), `src/${ground.word()}.ts`];
    const text = ground.module(name);
    ground.plant(
      { [path]: text },
      { [path]: text.replace('base = 1', 'base = 2') },
      { [path]: text.replace('base = 1', 'base = 3') },
      { level: 'TEXTUAL', duplicate: false, evidence: { level: 'TEXTUAL', path, conflict: 'CONFLICT (contents)' } },
    );
  },
  function renameAndEdit(ground) {
    const [name, path, moved] = [ground.word(), `src/${ground.word()}.ts`, `lib/${ground.word()}.ts`];
    const text = ground.module(name);
    ground.plant(
      { [path]: text },
      { [path]: null, [moved]: text.replace('base = 1', 'base = 2') },
      { [path]: text.replace('base = 1', 'base = 3') },
      {
        level: 'TEXTUAL',
        duplicate: false,
        evidence: { level: 'TEXTUAL', path: moved, otherPath: path, conflict: 'CONFLICT (contents)' },
      },
    );
  },
  function renamedTwice(ground) {
    const [path, one, two] = [`src/${ground.word()}.ts`, `lib/${ground.word()}.ts`, `lib/${ground.word()}.ts`];
    const text = ground.module(ground.word());
    ground.plant(
      { [path]: text },
      { [path]: null, [one]: text },
      { [path]: null, [two]: text },
      {
        level: 'TEXTUAL',
        duplicate: false,
        evidence: { level: 'TEXTUAL', path, conflict: 'CONFLICT (rename/rename)' },
      },
    );
  },
  function modifiedAndDeleted(ground) {
    const path = `src/${ground.word()}.ts`;
    const text = ground.module(ground.word());
    ground.plant(
      { [path]: text },
      { [path]: null },
      { [path]: text.replace('base = 1', 'base = 3') },
      {
        level: 'TEXTUAL',
        duplicate: false,
        evidence: { level: 'TEXTUAL', path, conflict: 'CONFLICT (modify/delete)' },
      },
    );
  },
  function directoryAndFile(ground) {
    const path = `src/${ground.word()}`;
    ground.plant(
      {},
      { [path]: 'a file\n' },
      { [`${path}/index.ts`]: 'export const inside = 1;\n' },
      { level: 'TEXTUAL', duplicate: false, evidence: { level: 'TEXTUAL', conflict: 'CONFLICT (file/directory)' } },
    );
  },
  function signatureAndCaller(ground) {
    const [name, path, caller] = [ground.word(), `src/${ground.word()}.ts`, `src/${ground.word()}.ts`];
    const text = ground.module(name);
    const calling = ground.module(ground.word());
    ground.plant(
      { [path]: text, [caller]: calling },
      { [path]: ground.module(name, 'amount: number, currency: string') },
      { [caller]: `import { ${name} } from './x.js';\n${calling.replace('base + amount', `base + ${name}(amount)`)}` },
      { level: 'ENTITY', duplicate: false, evidence: { level: 'ENTITY', path, entity: name, otherPath: caller } },
    );
  },
  function removedAndCalled(ground) {
    const [name, path, caller] = [ground.word(), `src/${ground.word()}.py`, `src/${ground.word()}.py`];
    const text = `def ${name}(amount):\n    return amount\n\n\ndef kept_${name}(amount):\n    return amount + 1\n`;
    ground.plant(
      { [path]: text, [caller]: 'def main():\n    return 0\n' },
      { [path]: text.slice(text.indexOf('def kept_')) },
      { [caller]: `def main():\n    return shop.${name}(1)\n` },
      { level: 'ENTITY', duplicate: false, evidence: { level: 'ENTITY', path, entity: name, otherPath: caller } },
    );
  },
  function sameFunction(ground) {
    const [name, path] = [ground.word(), `src/${ground.word()}.ts`];
    const long = Array.from({ length: 12 }, (_, line) => `  step(${String(line)});\n`).join('');
    const text = `export function ${name}(): void {\n${long}}\n`;
    ground.plant(
      { [path]: text },
      { [path]: text.replace('step(1);', 'step(100);') },
      { [path]: text.replace('step(10);', 'step(200);') },
      { level: 'ENTITY', duplicate: false, evidence: { level: 'ENTITY', path, entity: name } },
    );
  },
  function twoFunctions(ground) {
    const [name, path] = [ground.word(), `src/${ground.word()}.ts`];
    const text = ground.module(name);
    ground.plant(
      { [path]: text },
      { [path]: text.replace('base = 1', 'base = 2') },
      { [path]: text.replace(/value \+ 67/, 'value + 1') },
      { level: 'FILE', duplicate: false, evidence: { level: 'FILE', path } },
    );
  },
  function duplicate(ground) {
    const [name, path] = [ground.word(), `src/${ground.word()}.ts`];
    const text = ground.module(name);
    const done = text.replace('base = 1', 'base = 2');
    ground.plant(
      { [path]: text },
      { [path]: done },
      { [path]: done },
      { level: 'ENTITY', duplicate: true, evidence: { level: 'ENTITY', path, entity: name } },
    );
  },
  function lockFile(ground) {
    const path = `${ground.word()}/package-lock.json`;
    const lines = Array.from({ length: 30 }, (_, line) => `  "package-${String(line)}": "1.0.0"`);
    const text = `{\n${lines.join(',\n')}\n}\n`;
    ground.plant(
      { [path]: text },
      { [path]: text.replace('"package-1": "1.0.0"', '"package-1": "2.0.0"') },
      { [path]: text.replace('"package-28": "1.0.0"', '"package-28": "2.0.0"') },
      { level: 'RESOURCE', duplicate: false, evidence: { level: 'RESOURCE', path, resource: 'LOCK_FILE' } },
    );
  },
  function migrationNumber(ground) {
    const directory = `${ground.word()}/migrations`;
    const number = String(2 + ground.below(90)).padStart(4, '0');
    const [one, two] = [`${directory}/${number}_${ground.word()}.sql`, `${directory}/${number}_${ground.word()}.sql`];
    ground.plant(
      { [`${directory}/0001_start.sql`]: 'CREATE TABLE start (id int);\n' },
      { [one]: 'CREATE TABLE one (id int);\n' },
      { [two]: 'CREATE TABLE two (name text);\n' },
      { level: 'RESOURCE', duplicate: false, evidence: { level: 'RESOURCE', resource: 'MIGRATION' } },
    );
  },
];

/** A change that meets no other: of a file of its own, with words that others have too. */
function harmless(ground: Ground, index: number): void {
  const path = `src/${ground.word()}.ts`;
  const name = ground.word();
  const text = ground.module(name);
  ground.base[path] = text;
  const edits = [
    { [path]: text.replace('base = 1', 'base = 2') },
    { [path]: text.replace('amount: number', 'amount: number, extra = 0') },
    { [`src/${ground.word()}.ts`]: ground.module(ground.word()) },
    { [`notes/${ground.word()}.md`]: '# base, amount, step\n' },
  ];
  ground.changes.push({ name: ground.word(), edits: edits[index % edits.length] ?? {} });
}
