/** The bytes that a sandbox may still send and receive. */
export class ByteBudget {
  private spent = 0;
  private answered = 0;

  constructor(private readonly maxBytes: number) {}

  get isSpent(): boolean {
    return this.spent >= this.maxBytes;
  }

  spend(bytes: number): void {
    this.spent += bytes;
  }

  /** Bytes that came as an answer which is no refusal; they are of what is spent. */
  answer(bytes: number): void {
    this.answered += bytes;
  }

  get answeredBytes(): number {
    return this.answered;
  }
}
