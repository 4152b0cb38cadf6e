const MAX_OPEN = 1000;

/** What began and has not ended: the end of an item often names only the id of its start. */
export class OpenItems<Item> {
  private readonly items = new Map<string, Item>();

  open(id: string, item: Item): void {
    this.items.set(id, item);
    // Only a program gone wrong begins so much and ends nothing.
    const [oldest] = this.items.keys();
    if (this.items.size > MAX_OPEN && oldest !== undefined) this.items.delete(oldest);
  }

  close(id: string): Item | undefined {
    const item = this.items.get(id);
    this.items.delete(id);
    return item;
  }
}
