import type { AgentReport, ModelUsageCount } from '@heddle/contracts/workflows';
import type { AgentFailure } from '@heddle/domain';
import type { ReadActivity, TurnExit, TurnReader } from '../agent-adapter.js';
import { isConversationId } from '../launching/conversation-id.js';
import { failed, MAX_TEXT_BYTES } from './activities.js';
import { cutText } from './cut-text.js';
import { totalUsage } from './model-usage.js';
import { parseRecord, type JsonRecord } from './json-record.js';

const MAX_MESSAGE_BYTES = 2048;
/** An attempt has no more turns than that. */
const MAX_STEERED = 200;

/** Reads programs that print one JSON object a line. What a record means is the subclass's; it must bear any record. */
export abstract class JsonLineReader implements TurnReader {
  protected over = false;
  private conversationId: string | undefined;
  private isAfresh = false;
  private models: readonly ModelUsageCount[] = [];
  private answer: string | undefined;
  private failure: { reason: string; message: string } | undefined;
  private refusal: string | undefined;
  private readonly steered = new Set<number>();

  /** An agent that goes on after its terminal record takes it back. */
  get isOver(): boolean {
    return this.over;
  }

  get usage(): readonly ModelUsageCount[] {
    return this.models;
  }

  read(line: string): readonly ReadActivity[] {
    const record = parseRecord(line);
    return record === undefined ? [] : this.readRecord(record);
  }

  report({ exitCode, signal }: TurnExit): AgentReport {
    const end = signal ?? `exit code ${String(exitCode ?? 'unknown')}`;
    const crash = { reason: 'AGENT_CRASHED', message: `ended with ${end} without saying how its turn ended` };
    const refused = this.refusal === undefined ? undefined : { reason: 'AGENT_REFUSED_TOOL', message: this.refusal };
    const failure = this.failure ?? (this.over ? refused : crash);
    const usage = totalUsage(this.models);
    return {
      completed: failure === undefined,
      ...(failure && { failure }),
      ...(this.conversationId !== undefined && { conversationId: this.conversationId }),
      ...(this.isAfresh && { conversationLost: true }),
      ...(usage && { usage, usageByModel: this.models }),
      ...(this.answer !== undefined && { answer: this.answer }),
      ...(this.steered.size > 0 && { steered: [...this.steered] }),
    };
  }

  protected abstract readRecord(record: JsonRecord): ReadActivity[];

  protected converses(id: string): void {
    // It becomes an argument of the next turn's program.
    if (isConversationId(id)) this.conversationId = id;
  }

  /** The conversation that it was to go on with is lost. */
  protected beginsAfresh(): void {
    this.isAfresh = true;
  }

  /** It was given a message into this turn. */
  protected isSteered(number: number): void {
    if (this.steered.size < MAX_STEERED) this.steered.add(number);
  }

  protected answers(text: string): void {
    if (text !== '') this.answer = cutText(text, MAX_TEXT_BYTES).text;
  }

  /** All of the run so far. */
  protected uses(models: readonly ModelUsageCount[]): void {
    this.models = models;
  }

  /** The turn failed, as far as is known yet. */
  protected fails(reason: AgentFailure | undefined, message: string): ReadActivity {
    this.failure = { reason: reason ?? 'AGENT_ERROR', message: cutText(message, MAX_MESSAGE_BYTES).text };
    return failed(message, reason ?? 'AGENT_ERROR');
  }

  /** What had failed went well in the end. */
  protected recovers(): void {
    this.failure = undefined;
  }

  /** A tool that it needed was refused, unless a later one goes well: then it found another way. */
  protected isRefused(message: string): void {
    this.refusal = cutText(message, MAX_MESSAGE_BYTES).text;
  }

  protected isServed(): void {
    this.refusal = undefined;
  }
}
