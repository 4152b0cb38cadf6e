import {
  AgentActivity_Kind as Kind,
  AgentActivity_Status as Status,
  FileEdit_Kind as EditKind,
} from '@heddle/contracts';
import type { ReadActivity, ReadContext } from '../agent-adapter.js';
import { commandRun, fileChange, planned, spoken, toolCall, used } from '../protocol/activities.js';
import { failureClass } from '../protocol/failure-class.js';
import { JsonLineReader } from '../protocol/json-line.reader.js';
import { countAt, integerAt, recordAt, textAt, type JsonRecord } from '../protocol/json-record.js';
import { todoSteps } from '../protocol/plan-steps.js';

const REFUSED = /rejected permission|rule which prevents/i;

/** Ends of a step after which it takes another one. */
const GOES_ON: readonly string[] = ['tool-calls', 'unknown'];

/**
 * Events of `opencode run --format json`. There is none for the end: a step that ends without calling a tool is the last,
 * unless it was the summary of a conversation that had become too long; another step takes it back.
 */
export class OpencodeReader extends JsonLineReader {
  private inputTokens = 0;
  private cachedInputTokens = 0;
  private outputTokens = 0;
  private reasoningTokens = 0;
  private compacts = false;

  constructor(private readonly context: ReadContext) {
    super();
  }

  protected readRecord(record: JsonRecord): ReadActivity[] {
    this.converses(textAt(record, 'sessionID'));
    const part = recordAt(record, 'part');
    const spokenPart = { itemId: textAt(part, 'id'), text: textAt(part, 'text') };
    switch (record['type']) {
      case 'step_start':
        this.over = false;
        return [];
      case 'text':
        // What it tells its model by itself is no message.
        if (part['synthetic'] === true) return [];
        this.answers(spokenPart.text);
        return [spoken(Kind.MESSAGE, spokenPart)];
      case 'reasoning':
        return [spoken(Kind.REASONING, spokenPart)];
      case 'tool_use':
        return [this.readTool(part)];
      case 'step_finish':
        return this.readStepEnd(part);
      case 'error':
        return [this.readError(recordAt(record, 'error'))];
      default:
        return [];
    }
  }

  private readTool(part: JsonRecord): ReadActivity {
    const state = recordAt(part, 'state');
    const isError = state['status'] === 'error';
    const output = isError ? textAt(state, 'error') : textAt(state, 'output');
    if (!isError) this.isServed();
    else if (this.context.mode === 'CODE' && REFUSED.test(output)) this.isRefused(output);
    return this.toolActivity(part, { state, output, status: isError ? Status.FAILED : Status.SUCCEEDED });
  }

  private toolActivity(
    part: JsonRecord,
    { state, output, status }: { readonly state: JsonRecord; readonly output: string; readonly status: Status },
  ): ReadActivity {
    const itemId = textAt(part, 'callID');
    const name = textAt(part, 'tool');
    const input = recordAt(state, 'input');
    const metadata = recordAt(state, 'metadata');
    switch (name) {
      case 'bash': {
        const exitCode = integerAt(metadata, 'exit');
        const ended = status === Status.SUCCEEDED && exitCode !== 0 ? Status.FAILED : status;
        return commandRun({ itemId, status: ended, command: textAt(input, 'command'), exitCode, output });
      }
      case 'write':
      case 'edit': {
        const kind = name === 'write' && metadata['exists'] === false ? EditKind.ADDED : EditKind.MODIFIED;
        const edits = [{ path: textAt(input, 'filePath'), kind }];
        return fileChange({ itemId, status, workspace: this.context.workspace, edits });
      }
      case 'todowrite':
        return planned({ itemId, status, steps: todoSteps(input, 'content') });
      // Its name for a call of a tool that there is not, or with arguments that don't fit.
      case 'invalid':
        return toolCall({ itemId, status: Status.FAILED, name: textAt(input, 'tool'), input: {}, output });
      default:
        return toolCall({ itemId, status, name, input: state['input'], output });
    }
  }

  private readStepEnd(part: JsonRecord): ReadActivity[] {
    const tokens = recordAt(part, 'tokens');
    const cache = recordAt(tokens, 'cache');
    const cached = countAt(cache, 'read');
    const reasoning = countAt(tokens, 'reasoning');
    this.inputTokens += countAt(tokens, 'input') + countAt(cache, 'write') + cached;
    this.cachedInputTokens += cached;
    this.outputTokens += countAt(tokens, 'output') + reasoning;
    this.reasoningTokens += reasoning;
    const { inputTokens, cachedInputTokens, outputTokens, reasoningTokens } = this;
    const count = { model: '', inputTokens, cachedInputTokens, outputTokens, reasoningTokens };
    this.uses([count]);
    return [used(count), ...this.judgeEnd(textAt(part, 'reason'))];
  }

  private judgeEnd(reason: string): ReadActivity[] {
    const endsSummary = this.compacts && !GOES_ON.includes(reason);
    if (endsSummary) this.compacts = false;
    this.over = !endsSummary && !GOES_ON.includes(reason);
    if (!this.over || reason === 'stop') {
      if (this.over) this.recovers();
      return [];
    }
    return [this.fails(undefined, `the model ended its answer with "${reason}"`)];
  }

  private readError(error: JsonRecord): ReadActivity {
    const name = textAt(error, 'name');
    const data = recordAt(error, 'data');
    const told = textAt(data, 'message');
    const reason = failureClass(`${name} ${told} ${textAt(data, 'responseBody')}`, integerAt(data, 'statusCode'));
    if (reason === 'AGENT_CONTEXT_EXHAUSTED') this.compacts = true;
    return this.fails(reason, told === '' ? name : told);
  }
}
