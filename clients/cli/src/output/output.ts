import { chooseStyle, type Style } from './style.js';

/** What the program writes to: a terminal, a pipe, or memory in tests. */
export interface Sink {
  write(data: string | Uint8Array): void;
  /** Resolves when there is room again; for bulk output. */
  drained(): Promise<void>;
  readonly isTerminal: boolean;
  readonly columns: number | undefined;
  readonly rows: number | undefined;
}

export interface OutputOptions {
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly env: NodeJS.ProcessEnv;
  readonly json: boolean;
}

/** Results go to stdout, everything said beside them to stderr, so that a pipe gets results only. */
export class Output {
  readonly json: boolean;
  readonly style: Style;
  readonly stdout: Sink;
  private readonly stderr: Sink;

  constructor(private readonly options: OutputOptions) {
    this.json = options.json;
    this.stdout = options.stdout;
    this.stderr = options.stderr;
    this.style = chooseStyle(options.stdout.isTerminal, options.env);
  }

  /** The same, with results going elsewhere. */
  to(stdout: Sink): Output {
    return new Output({ ...this.options, stdout });
  }

  get isTerminal(): boolean {
    return this.stdout.isTerminal;
  }

  /** Undefined: no terminal, lines are as long as they are. */
  get columns(): number | undefined {
    return this.isTerminal ? (this.stdout.columns ?? 80) : undefined;
  }

  lines(lines: readonly string[]): void {
    if (lines.length > 0) this.stdout.write(`${lines.join('\n')}\n`);
  }

  line(text: string): void {
    this.lines([text]);
  }

  /** One JSON document, readable. */
  document(value: unknown): void {
    this.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
  }

  /** One JSON document on one line: for streams. */
  record(value: unknown): void {
    this.stdout.write(`${JSON.stringify(value)}\n`);
  }

  /** Something said beside the result; silent with --json. */
  note(text: string): void {
    if (!this.json) this.stderr.write(`${text}\n`);
  }

  async bytes(data: Uint8Array): Promise<void> {
    this.stdout.write(data);
    await this.stdout.drained();
  }

  /** What a program elsewhere wrote to its standard error. */
  async errorBytes(data: Uint8Array): Promise<void> {
    this.stderr.write(data);
    await this.stderr.drained();
  }
}
