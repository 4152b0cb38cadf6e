import {
  AgentActivity_Status as Status,
  AgentActivity_Kind as Kind,
  FileEdit_Kind as EditKind,
  PlanStep_State as StepState,
} from '@heddle/contracts';
import type { ReadActivity, ReadContext } from '../agent-adapter.js';
import { commandRun, failed, fileChange, planned, spoken, toolCall, used } from '../protocol/activities.js';
import { failureClass } from '../protocol/failure-class.js';
import { JsonLineReader } from '../protocol/json-line.reader.js';
import { countAt, integerAt, recordAt, recordsAt, textAt, type JsonRecord } from '../protocol/json-record.js';

const EDITS: ReadonlyMap<string, EditKind> = new Map([
  ['add', EditKind.ADDED],
  ['update', EditKind.MODIFIED],
  ['delete', EditKind.DELETED],
]);

const SHELL = /^\S*\/(?:ba|z)?sh -lc (?:'([^']*)'|"([^"\\$`!]*)"|([^'"\\ ]+))$/;

/** Events of `codex exec --json`: threads have turns, turns have items. */
export class CodexReader extends JsonLineReader {
  private lastError = '';

  constructor(private readonly context: ReadContext) {
    super();
  }

  protected readRecord(record: JsonRecord): ReadActivity[] {
    switch (record['type']) {
      case 'thread.started':
        this.converses(textAt(record, 'thread_id'));
        return [];
      case 'item.started':
      case 'item.updated':
      case 'item.completed':
        return this.readItem(recordAt(record, 'item'), record['type'] === 'item.completed');
      case 'error':
        this.lastError = textAt(record, 'message');
        return [failed(this.lastError, failureClass(this.lastError))];
      case 'turn.completed':
        this.over = true;
        return this.readUsage(recordAt(record, 'usage'));
      case 'turn.failed': {
        this.over = true;
        const message = textAt(recordAt(record, 'error'), 'message');
        const failure = this.fails(failureClass(message), message);
        // It says the last error twice.
        return message === this.lastError ? [] : [failure];
      }
      default:
        return [];
    }
  }

  private readItem(item: JsonRecord, isEnd: boolean): ReadActivity[] {
    const itemId = textAt(item, 'id');
    const status = statusOf(item, isEnd);
    switch (item['type']) {
      case 'agent_message':
        this.answers(textAt(item, 'text'));
        return isEnd ? [spoken(Kind.MESSAGE, { itemId, text: textAt(item, 'text') })] : [];
      case 'reasoning':
        return isEnd ? [spoken(Kind.REASONING, { itemId, text: textAt(item, 'text') })] : [];
      case 'command_execution': {
        if (isEnd) this.judge(item);
        const exitCode = integerAt(item, 'exit_code');
        const command = scriptOf(textAt(item, 'command'));
        return [commandRun({ itemId, status, command, exitCode, output: textAt(item, 'aggregated_output') })];
      }
      case 'file_change': {
        if (isEnd) this.judge(item);
        const edits = recordsAt(item, 'changes').map((change) => ({
          path: textAt(change, 'path'),
          kind: EDITS.get(textAt(change, 'kind')) ?? EditKind.KIND_UNSPECIFIED,
        }));
        return [fileChange({ itemId, status, workspace: this.context.workspace, edits })];
      }
      case 'mcp_tool_call': {
        const output = item['result'] ?? item['error'];
        return [
          toolCall({
            itemId,
            status,
            server: textAt(item, 'server'),
            name: textAt(item, 'tool'),
            input: item['arguments'],
            output: output === undefined || output === null ? '' : JSON.stringify(output),
          }),
        ];
      }
      case 'web_search':
        return [toolCall({ itemId, status, name: 'web_search', input: { query: textAt(item, 'query') } })];
      case 'todo_list':
        return [planned({ itemId, status, steps: stepsOf(item) })];
      case 'error':
        // The turn goes on: what ends it is a record of its own.
        return [failed(textAt(item, 'message'), failureClass(textAt(item, 'message')), itemId)];
      default:
        return isEnd ? [toolCall({ itemId, status, name: textAt(item, 'type'), input: item })] : [];
    }
  }

  private judge(item: JsonRecord): void {
    if (item['status'] !== 'declined') this.isServed();
    else if (this.context.mode === 'CODE') this.isRefused(`it was not let run: ${textAt(item, 'command')}`);
  }

  private readUsage(usage: JsonRecord): ReadActivity[] {
    const count = {
      model: '',
      inputTokens: countAt(usage, 'input_tokens'),
      cachedInputTokens: countAt(usage, 'cached_input_tokens'),
      outputTokens: countAt(usage, 'output_tokens'),
      reasoningTokens: countAt(usage, 'reasoning_output_tokens'),
    };
    this.uses([count]);
    return [used(count)];
  }
}

function statusOf(item: JsonRecord, isEnd: boolean): Status {
  if (!isEnd) return Status.STARTED;
  const failedAs = item['status'] === 'failed' || item['status'] === 'declined';
  return failedAs || (integerAt(item, 'exit_code') ?? 0) !== 0 ? Status.FAILED : Status.SUCCEEDED;
}

/** It says only which steps are done: the first of the others is what it is at. */
function stepsOf(item: JsonRecord): { text: string; state: StepState }[] {
  const items = recordsAt(item, 'items');
  const active = items.findIndex((step) => step['completed'] !== true);
  return items.map((step, index) => ({
    text: textAt(step, 'text'),
    state: step['completed'] === true ? StepState.DONE : index === active ? StepState.ACTIVE : StepState.PENDING,
  }));
}

/** Without the shell that it puts around each command. */
function scriptOf(command: string): string {
  const [, single, double, bare] = SHELL.exec(command) ?? [];
  return single ?? double ?? bare ?? command;
}
