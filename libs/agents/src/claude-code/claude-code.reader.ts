import { AgentActivity_Status as Status, AgentActivity_Kind as Kind } from '@heddle/contracts';
import type { ReadActivity, ReadContext } from '../agent-adapter.js';
import { failed, spoken, used } from '../protocol/activities.js';
import { failureClass } from '../protocol/failure-class.js';
import { JsonLineReader } from '../protocol/json-line.reader.js';
import { countAt, integerAt, recordAt, recordsAt, textAt, textsOf, type JsonRecord } from '../protocol/json-record.js';
import { totalUsage } from '../protocol/model-usage.js';
import { OpenItems } from '../protocol/open-items.js';
import { ClaudeCodeUsage } from './claude-code-usage.js';
import { toolUse, type ToolResult } from './claude-code-tools.js';

const EXIT_CODE = /^Exit code (\d{1,9})(?:\n|$)/;

/** Records of `claude -p --output-format stream-json`: messages as its model's protocol has them, and a result at the end. */
export class ClaudeCodeReader extends JsonLineReader {
  private readonly tools = new OpenItems<JsonRecord>();
  private readonly modelUsage = new ClaudeCodeUsage();
  private model = '';

  constructor(private readonly context: ReadContext) {
    super();
  }

  protected readRecord(record: JsonRecord): ReadActivity[] {
    switch (record['type']) {
      case 'system':
        return this.readSystem(record);
      case 'assistant':
        // What the program itself says in the model's name is in the result again.
        return record['is_api_error_message'] === true ? [] : this.readAssistant(record);
      case 'user':
        return recordsAt(recordAt(record, 'message'), 'content').flatMap((block) =>
          this.readResultOfTool(record, block),
        );
      case 'result':
        return this.readResult(record);
      // Of the bridge.
      case 'heddle_steered':
        this.isSteered(countAt(record, 'number'));
        return [];
      default:
        return [];
    }
  }

  private readSystem(record: JsonRecord): ReadActivity[] {
    switch (record['subtype']) {
      case 'init':
        this.converses(textAt(record, 'session_id'));
        this.model = textAt(record, 'model');
        // A message that came at the last moment has it go on.
        this.over = false;
        return [];
      case 'api_retry': {
        const status = integerAt(record, 'error_status');
        const cause = `${textAt(record, 'error')}${status === undefined ? '' : `, HTTP ${String(status)}`}`;
        const attempt = `attempt ${String(countAt(record, 'attempt'))} of ${String(countAt(record, 'max_retries'))}`;
        return [failed(`The model failed (${cause}); ${attempt} follows`, failureClass(cause, status))];
      }
      case 'permission_denied': {
        const message = textAt(record, 'message');
        if (this.context.mode !== 'CODE') return [];
        this.isRefused(message);
        return [failed(message, 'AGENT_REFUSED_TOOL', textAt(record, 'tool_use_id'))];
      }
      default:
        return [];
    }
  }

  private readAssistant(record: JsonRecord): ReadActivity[] {
    const message = recordAt(record, 'message');
    const itemId = textAt(message, 'id');
    this.modelUsage.message(message);
    this.uses(this.modelUsage.models);
    return recordsAt(message, 'content').flatMap((block) => {
      switch (block['type']) {
        case 'text':
          // Agents of its own speak to it, not to the user.
          if (typeof record['parent_tool_use_id'] !== 'string') this.answers(textAt(block, 'text'));
          return [spoken(Kind.MESSAGE, { itemId, text: textAt(block, 'text') })];
        case 'thinking':
          return [spoken(Kind.REASONING, { itemId, text: textAt(block, 'thinking') })];
        case 'tool_use':
          this.tools.open(textAt(block, 'id'), block);
          return [toolUse(block, Status.STARTED, this.context.workspace)];
        default:
          return [];
      }
    });
  }

  private readResultOfTool(record: JsonRecord, block: JsonRecord): ReadActivity[] {
    const use = this.tools.close(textAt(block, 'tool_use_id'));
    if (block['type'] !== 'tool_result' || use === undefined) return [];
    const isError = block['is_error'] === true;
    if (!isError) this.isServed();
    const text = textsOf(block['content']);
    const code = isError ? EXIT_CODE.exec(text) : null;
    const result: ToolResult = {
      output: code === null ? text : text.slice(code[0].length),
      exitCode: code === null ? (isError ? undefined : 0) : Number(code[1]),
      madeFile: recordAt(record, 'tool_use_result')['type'] === 'create',
    };
    return [toolUse(use, isError ? Status.FAILED : Status.SUCCEEDED, this.context.workspace, result)];
  }

  private readResult(record: JsonRecord): ReadActivity[] {
    this.converses(textAt(record, 'session_id'));
    // More prompts wait in its queue otherwise.
    this.over = countAt(record, 'queued_turn_count') === 0;
    const activity = used(totalUsage(this.modelUsage.result(record, this.model)));
    this.uses(this.modelUsage.models);
    if (record['is_error'] !== true) {
      this.recovers();
      this.answers(textAt(record, 'result'));
      return [activity];
    }
    const told = [textAt(record, 'result'), textsOf(record['errors']), textAt(record, 'subtype')];
    const message = told.find((text) => text !== '') ?? 'it failed';
    const status = integerAt(record, 'api_error_status');
    return [activity, this.fails(failureClass(`${textAt(record, 'terminal_reason')} ${message}`, status), message)];
  }
}
