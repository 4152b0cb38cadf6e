import { agentCalls, NoSuchTool } from './agent-tools.js';
import { callId, type ModelReply, type ModelRequest } from './model-protocol.js';
import type { Fault, Scenario, Step } from './scenario.js';
import { countReplies, scriptPosition } from './script-position.js';

/** What the script has for a request. */
export type Play =
  | {
      readonly outcome: 'step' | 'end' | 'side' | 'fault';
      readonly reply: ModelReply;
      readonly fault: Fault | undefined;
      readonly step: Step | undefined;
      readonly conversation: string | undefined;
      readonly index: number | undefined;
    }
  | { readonly outcome: 'no_conversation' | 'no_such_tool'; readonly problem: string };

const CLOSING_TEXT = 'The script is over.';
const SMALL_USAGE = { input: 10, cachedInput: 0, output: 5, reasoning: 0 };

/** Plays a scenario. All it remembers is how often each fault happened. */
export class ScriptPlayer {
  readonly #faults = new Map<Step, number>();

  constructor(private readonly scenario: Scenario) {}

  play(request: ModelRequest): Play {
    const reply = countReplies(request.history);
    const plain = (text: string): ModelReply => ({
      id: `r${reply}`,
      model: request.model,
      text,
      calls: [],
      usage: SMALL_USAGE,
    });
    if (request.tools.size === 0 && this.scenario.toolless === 'side') {
      const nothing = { fault: undefined, step: undefined, conversation: undefined, index: undefined };
      return { outcome: 'side', reply: plain(this.scenario.sideText), ...nothing };
    }
    const position = scriptPosition(this.scenario, request.history);
    if (!position)
      return { outcome: 'no_conversation', problem: 'No conversation of the script matches this request.' };
    const { step, index } = position;
    const where = { step, index, conversation: position.conversation.name };
    if (!step) return { outcome: 'end', reply: plain(CLOSING_TEXT), fault: undefined, ...where };
    try {
      const calls = (step.tools ?? [])
        .flatMap((tool) => agentCalls(tool, request, this.scenario.workspace))
        .map((call, number) => ({ id: callId(reply, number), ...call }));
      const { reasoning, usage } = step;
      const text = step.text ?? (calls.length === 0 ? '' : undefined);
      const fault = this.#faultOf(step);
      const whole = { id: `r${reply}`, model: request.model, reasoning, text, calls, usage };
      return { outcome: fault ? 'fault' : 'step', reply: whole, fault, ...where };
    } catch (error) {
      if (error instanceof NoSuchTool) return { outcome: 'no_such_tool', problem: error.message };
      throw error;
    }
  }

  /** Faults begin again. */
  reset(): void {
    this.#faults.clear();
  }

  #faultOf(step: Step): Fault | undefined {
    if (!step.fault) return undefined;
    const happened = this.#faults.get(step) ?? 0;
    if (happened >= (step.fault.times ?? Infinity)) return undefined;
    this.#faults.set(step, happened + 1);
    return step.fault;
  }
}
