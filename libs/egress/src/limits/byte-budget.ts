/** The bytes that a sandbox may still send and receive. */
export class ByteBudget {
  private spent = 0;

  constructor(private readonly maxBytes: number) {}

  get isSpent(): boolean {
    return this.spent >= this.maxBytes;
  }

  spend(bytes: number): void {
    this.spent += bytes;
  }
}
