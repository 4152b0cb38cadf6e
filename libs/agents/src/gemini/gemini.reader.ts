import {
  AgentActivity_Kind as Kind,
  AgentActivity_Status as Status,
  FileEdit_Kind as EditKind,
} from '@heddle/contracts';
import type { AgentReport, ModelUsageCount } from '@heddle/contracts/workflows';
import type { ReadActivity, ReadContext, TurnExit } from '../agent-adapter.js';
import { commandRun, failed, fileChange, planned, spoken, toolCall, used } from '../protocol/activities.js';
import { failureClass } from '../protocol/failure-class.js';
import { JsonLineReader } from '../protocol/json-line.reader.js';
import { asRecord, countAt, recordAt, textAt, type JsonRecord } from '../protocol/json-record.js';
import { byModel, totalUsage } from '../protocol/model-usage.js';
import { OpenItems } from '../protocol/open-items.js';
import { todoSteps } from '../protocol/plan-steps.js';

/** Errors of tools that are refusals; a tool that there is not is a mistake of the model. */
const REFUSALS: readonly string[] = ['policy_violation', 'permission_denied', 'path_not_in_workspace'];
const LOOP = /loop detected/i;
const MAX_MESSAGE = 64 * 1024;
/** It ends with this before it begins, where it has no key. */
const NO_KEY_EXIT_CODE = 41;
const STATUSES = [401, 402, 403, 408, 413, 429, 500, 502, 503, 504, 529];

/** Events of `gemini --output-format stream-json`. */
export class GeminiReader extends JsonLineReader {
  private readonly tools = new OpenItems<JsonRecord>();
  private message = '';
  private isStuck = false;
  private unknownError: string | undefined;

  constructor(private readonly context: ReadContext) {
    super();
  }

  override report(exit: TurnExit): AgentReport {
    const report = super.report(exit);
    const { exitCode } = exit;
    if (!this.over && exitCode === NO_KEY_EXIT_CODE) {
      return { ...report, failure: { reason: 'AGENT_AUTH_FAILED', message: 'it found no way to authenticate' } };
    }
    // Where its words don't say it: it ends with the status of HTTP, of which eight bits get through.
    const status = STATUSES.find((candidate) => candidate % 256 === exitCode);
    const reason = failureClass('', status);
    if (this.unknownError === undefined || reason === undefined) return report;
    return { ...report, failure: { reason, message: report.failure?.message ?? this.unknownError } };
  }

  protected readRecord(record: JsonRecord): ReadActivity[] {
    if (record['type'] === 'message' && record['role'] === 'assistant') {
      if (this.message.length < MAX_MESSAGE) this.message += textAt(record, 'content');
      return [];
    }
    // A message comes in pieces; what comes next says that it is whole.
    const message = this.message;
    this.message = '';
    this.answers(message);
    return [...(message === '' ? [] : [spoken(Kind.MESSAGE, { text: message })]), ...this.readEvent(record)];
  }

  private readEvent(record: JsonRecord): ReadActivity[] {
    switch (record['type']) {
      case 'init':
        this.converses(textAt(record, 'session_id'));
        return [];
      case 'tool_use':
        this.tools.open(textAt(record, 'tool_id'), record);
        return [this.toolActivity(record, Status.STARTED)];
      case 'tool_result':
        return this.readToolResult(record);
      case 'error': {
        const message = textAt(record, 'message');
        if (!LOOP.test(message)) return [failed(message, failureClass(message))];
        // It calls that a success.
        this.isStuck = true;
        return [this.fails('AGENT_STUCK', message)];
      }
      case 'result':
        return this.readResult(record);
      default:
        return [];
    }
  }

  private readToolResult(record: JsonRecord): ReadActivity[] {
    const use = this.tools.close(textAt(record, 'tool_id'));
    const error = recordAt(record, 'error');
    const isError = record['status'] === 'error';
    if (!isError) this.isServed();
    else if (this.context.mode === 'CODE' && REFUSALS.includes(textAt(error, 'type'))) {
      this.isRefused(textAt(error, 'message'));
    }
    if (use === undefined) return [];
    return [this.toolActivity(use, isError ? Status.FAILED : Status.SUCCEEDED, textAt(record, 'output'))];
  }

  private toolActivity(use: JsonRecord, status: Status, output = ''): ReadActivity {
    const itemId = textAt(use, 'tool_id');
    const name = textAt(use, 'tool_name');
    const input = recordAt(use, 'parameters');
    switch (name) {
      // It doesn't say with which code a command ended, and calls any end a success.
      case 'run_shell_command':
        return commandRun({ itemId, status, command: textAt(input, 'command'), output });
      case 'write_file':
      case 'replace': {
        const kind = name === 'replace' ? EditKind.MODIFIED : EditKind.KIND_UNSPECIFIED;
        const edits = [{ path: textAt(input, 'file_path'), kind }];
        return fileChange({ itemId, status, workspace: this.context.workspace, edits });
      }
      case 'write_todos':
        return planned({ itemId, status, steps: todoSteps(input, 'description') });
      default: {
        const [, server = '', tool = name] = /^mcp_(.+?)_(.+)$/s.exec(name) ?? [];
        return toolCall({ itemId, status, server, name: tool, input: use['parameters'], output });
      }
    }
  }

  private readResult(record: JsonRecord): ReadActivity[] {
    this.over = true;
    const activity = this.readUsage(recordAt(record, 'stats'));
    if (record['status'] !== 'error') {
      if (!this.isStuck) this.recovers();
      return [activity];
    }
    const message = textAt(recordAt(record, 'error'), 'message');
    const reason = failureClass(message);
    if (reason === undefined) this.unknownError = message;
    return [activity, this.fails(reason, message)];
  }

  private readUsage(stats: JsonRecord): ReadActivity {
    const models = Object.entries(recordAt(stats, 'models')).map(([name, value]) =>
      countOf(asRecord(value) ?? {}, name),
    );
    this.uses(byModel(models.length > 1 ? models : [countOf(stats, models[0]?.model ?? '')]));
    return used(totalUsage(this.usage));
  }
}

function countOf(stats: JsonRecord, model: string): ModelUsageCount {
  const inputTokens = countAt(stats, 'input_tokens');
  const answered = countAt(stats, 'output_tokens');
  // What it thought and what its tools' prompts took is in the sum alone.
  const outputTokens = Math.max(answered, countAt(stats, 'total_tokens') - inputTokens);
  const cachedInputTokens = countAt(stats, 'cached');
  return { model, inputTokens, cachedInputTokens, outputTokens, reasoningTokens: outputTokens - answered };
}
