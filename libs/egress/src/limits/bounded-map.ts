/** Forgets what has been in it longest: its keys are made up by the sandbox. */
export class BoundedMap<Value> {
  private readonly entries = new Map<string, Value>();

  constructor(
    private readonly max: number,
    private readonly onForget: (value: Value) => void = () => undefined,
  ) {}

  getOrCreate(key: string, create: () => Value): Value {
    const known = this.entries.get(key);
    if (known !== undefined) return known;
    const value = create();
    this.entries.set(key, value);
    const [oldest] = this.entries.keys();
    if (this.entries.size > this.max && oldest !== undefined) this.delete(oldest);
    return value;
  }

  /** Only if it is still this value: a newer one may have taken its place. */
  delete(key: string, expected?: Value): void {
    const value = this.entries.get(key);
    if (value === undefined || (expected !== undefined && expected !== value)) return;
    this.entries.delete(key);
    this.onForget(value);
  }

  clear(): void {
    for (const key of [...this.entries.keys()]) this.delete(key);
  }
}
