import { CurrentStep, type ReadActivity, type TurnReader } from '@heddle/agents';
import type { ModelUsageCount } from '@heddle/contracts/workflows';
import { readFirstPieces } from './read-pieces.js';
import type { LinePiece } from './line-splitter.js';

/** A longer line is only a line: no reader gets it. */
const MAX_READ_LINE_BYTES = 8 * 1024 * 1024;

/** The activities of one run of an agent, from the pieces of what it prints. */
export class ActivityFeed {
  private parts: Buffer[] = [];
  private bytes = 0;
  private readonly step = new CurrentStep();

  constructor(
    /** From 1. */
    readonly turn: number,
    private readonly reader: Pick<TurnReader, 'read' | 'isOver' | 'usage'>,
  ) {}

  /** What the run has used of models so far; undefined once it is over: then its turn's result says it. */
  get usage(): readonly ModelUsageCount[] | undefined {
    return this.reader.isOver ? undefined : this.reader.usage;
  }

  /** What it is doing now, as `CurrentStep.line` says; undefined once the run is over. */
  doing(hide: (text: string) => string): string | undefined {
    return this.reader.isOver ? undefined : this.step.line(hide);
  }

  /** What the line means that the piece ends; nothing before it does. */
  take({ bytes, endsLine }: LinePiece): readonly ReadActivity[] {
    this.bytes += bytes.length;
    if (this.bytes <= MAX_READ_LINE_BYTES) this.parts.push(bytes);
    if (!endsLine) return [];
    const line = this.bytes <= MAX_READ_LINE_BYTES ? Buffer.concat(this.parts).toString('utf8') : '';
    this.parts = [];
    this.bytes = 0;
    const activities = line === '' ? [] : this.reader.read(line);
    for (const activity of activities) this.step.add(activity);
    return activities;
  }

  /** Brings the reader to where an earlier one was: what these bytes mean was published by it. */
  async catchUp(path: string, bytes: number): Promise<void> {
    for await (const piece of readFirstPieces(path, bytes)) this.take(piece);
  }
}
