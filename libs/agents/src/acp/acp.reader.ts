import {
  AgentActivity_Kind as Kind,
  AgentActivity_Status as Status,
  FileEdit_Kind as EditKind,
  PlanStep_State as StepState,
} from '@heddle/contracts';
import type { ReadActivity, ReadContext } from '../agent-adapter.js';
import { commandRun, failed, fileChange, planned, spoken, toolCall, used } from '../protocol/activities.js';
import { failureClass } from '../protocol/failure-class.js';
import { JsonLineReader } from '../protocol/json-line.reader.js';
import { integerAt, recordAt, recordsAt, textAt, type JsonRecord } from '../protocol/json-record.js';
import { totalUsage } from '../protocol/model-usage.js';
import { OpenItems } from '../protocol/open-items.js';
import { acpUsage } from './acp-usage.js';

const EDITS: ReadonlyMap<string, EditKind> = new Map([
  ['delete', EditKind.DELETED],
  ['move', EditKind.MODIFIED],
  ['edit', EditKind.MODIFIED],
]);

const STEPS: ReadonlyMap<string, StepState> = new Map([
  ['pending', StepState.PENDING],
  ['in_progress', StepState.ACTIVE],
  ['completed', StepState.DONE],
]);

const ENDS: ReadonlyMap<string, Status> = new Map([
  ['completed', Status.SUCCEEDED],
  ['failed', Status.FAILED],
]);

const STOPPED: ReadonlyMap<string, string> = new Map([
  ['max_tokens', 'the model’s answer was cut at its longest'],
  ['max_turn_requests', 'it asked its model as often as it may'],
  ['refusal', 'the model refused to go on'],
  ['cancelled', 'it was interrupted'],
]);

/** Records of the bridge (`bridge/bridge-settings.ts`), with updates of the Agent Client Protocol in them. */
export class AcpReader extends JsonLineReader {
  private readonly calls = new OpenItems<{ readonly call: JsonRecord; readonly isTold: boolean }>();

  /** That a later turn can go on with, once this one has ended: of one that was broken off an agent may have kept nothing. */
  private session: string | undefined;

  constructor(private readonly context: ReadContext) {
    super();
  }

  protected readRecord(record: JsonRecord): ReadActivity[] {
    switch (record['type']) {
      case 'session':
        return this.readSession(record);
      case 'without':
        return [
          failed(`it takes no MCP server by HTTP: it goes without the environment's "${textAt(record, 'server')}"`),
        ];
      case 'update':
        return this.readUpdate(recordAt(record, 'update'));
      case 'permission':
        return this.readPermission(recordAt(record, 'toolCall'), record['granted'] === true);
      case 'end':
        return this.readEnd(record);
      case 'failed':
        return this.readFailure(record);
      default:
        return [];
    }
  }

  private readSession(record: JsonRecord): ReadActivity[] {
    this.session = record['resumes'] === true ? textAt(record, 'id') : undefined;
    const lost = textAt(record, 'lost');
    if (lost === '') return [];
    this.beginsAfresh();
    return [
      failed(`its session of the turn before is lost, so a new one begins and is told the earlier messages: ${lost}`),
    ];
  }

  private readUpdate(update: JsonRecord): ReadActivity[] {
    const text = textAt(recordAt(update, 'content'), 'text');
    const itemId = textAt(update, 'messageId');
    switch (update['sessionUpdate']) {
      case 'agent_message_chunk':
        this.answers(text);
        return text === '' ? [] : [spoken(Kind.MESSAGE, { itemId, text })];
      case 'agent_thought_chunk':
        return text === '' ? [] : [spoken(Kind.REASONING, { itemId, text })];
      case 'tool_call':
      case 'tool_call_update':
        return this.readCall(update);
      case 'plan': {
        const steps = recordsAt(update, 'entries').map((entry) => ({
          text: textAt(entry, 'content'),
          state: STEPS.get(textAt(entry, 'status')) ?? StepState.STATE_UNSPECIFIED,
        }));
        return [planned({ itemId: '', status: Status.SUCCEEDED, steps })];
      }
      default:
        return [];
    }
  }

  /** Some agents tell of a call by asking for it. */
  private readPermission(call: JsonRecord, isGranted: boolean): ReadActivity[] {
    if (!isGranted && this.context.mode === 'CODE') this.isRefused(`it was not let: ${textAt(call, 'title')}`);
    return this.readCall(call);
  }

  /** Updates say what changed of a call: its start is told once it says what it is to do, its end with all of it. */
  private readCall(update: JsonRecord): ReadActivity[] {
    const id = textAt(update, 'toolCallId');
    const before = this.calls.close(id);
    const call = { ...before?.call, ...withoutEmpty(update) };
    const status = ENDS.get(textAt(call, 'status'));
    if (status === Status.SUCCEEDED) this.isServed();
    if (status !== undefined) return [this.activity(id, call, status)];
    const isClear = saysWhat(call);
    const isTold = before?.isTold === true;
    this.calls.open(id, { call, isTold: isTold || isClear });
    return isClear && !isTold ? [this.activity(id, call, Status.STARTED)] : [];
  }

  private activity(itemId: string, call: JsonRecord, status: Status): ReadActivity {
    const kind = textAt(call, 'kind');
    const title = textAt(call, 'title');
    const input = recordAt(call, 'rawInput');
    const output = status === Status.STARTED ? '' : outputOf(call);
    if (kind === 'execute') {
      const exitCode = exitCodeOf(recordAt(call, 'rawOutput'));
      const ended = status === Status.SUCCEEDED && (exitCode ?? 0) !== 0 ? Status.FAILED : status;
      return commandRun({ itemId, status: ended, command: commandOf(input) ?? title, exitCode, output });
    }
    const edit = EDITS.get(kind);
    const edits = edit === undefined ? [] : editsOf(call, edit);
    if (edits.length > 0) return fileChange({ itemId, status, workspace: this.context.workspace, edits });
    return toolCall({ itemId, status, name: title === '' ? kind : title, input: call['rawInput'], output });
  }

  private readEnd(record: JsonRecord): ReadActivity[] {
    this.over = true;
    if (this.session !== undefined) this.converses(this.session);
    const stopReason = textAt(record, 'stopReason');
    this.uses(acpUsage(record));
    const total = totalUsage(this.usage);
    const told = total === undefined ? [] : [used(total)];
    if (stopReason === 'end_turn') return told;
    return [...told, this.fails(undefined, STOPPED.get(stopReason) ?? `its turn ended with "${stopReason}"`)];
  }

  private readFailure(record: JsonRecord): ReadActivity[] {
    this.over = true;
    const message = textAt(record, 'message');
    if (record['cause'] === 'GONE') return [this.fails('AGENT_CRASHED', message)];
    const code = integerAt(record, 'code') ?? 0;
    // Of the protocol itself: it wants to be logged in to.
    if (code === -32000) return [this.fails('AGENT_AUTH_FAILED', message)];
    return [this.fails(failureClass(message, code >= 400 && code < 600 ? code : undefined), message)];
  }
}

/** A call may begin before its model has said what it is to do. */
function saysWhat(call: JsonRecord): boolean {
  if (recordsAt(call, 'content').length > 0) return true;
  return call['kind'] === 'execute'
    ? commandOf(recordAt(call, 'rawInput')) !== undefined
    : call['rawInput'] !== undefined;
}

/** What an update leaves out, or sets to nothing, stays as it was; an empty list takes the place of another one. */
function withoutEmpty(update: JsonRecord): JsonRecord {
  const isEmpty = (value: unknown): boolean =>
    value === null || (typeof value === 'object' && !Array.isArray(value) && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(update).filter(([, value]) => !isEmpty(value)));
}

function outputOf(call: JsonRecord): string {
  const texts = recordsAt(call, 'content').map((item) => textAt(recordAt(item, 'content'), 'text'));
  const text = texts.filter((each) => each !== '').join('\n');
  return text === '' ? textAt(call, 'rawOutput') || textAt(recordAt(call, 'rawOutput'), 'output') : text;
}

/** Agents differ in where they put it. */
function exitCodeOf(output: JsonRecord): number | undefined {
  const metadata = recordAt(output, 'metadata');
  return integerAt(output, 'exit_code') ?? integerAt(output, 'exitCode') ?? integerAt(metadata, 'exit');
}

function commandOf(input: JsonRecord): string | undefined {
  const command = input['command'] ?? input['cmd'];
  if (Array.isArray(command)) return command.map(String).join(' ');
  return typeof command === 'string' ? command : undefined;
}

function editsOf(call: JsonRecord, kind: EditKind): { readonly path: string; readonly kind: EditKind }[] {
  const diffs = recordsAt(call, 'content').filter((item) => item['type'] === 'diff');
  if (diffs.length === 0)
    return recordsAt(call, 'locations').map((location) => ({ path: textAt(location, 'path'), kind }));
  return diffs.map((diff) => {
    const isNew = (diff['oldText'] ?? '') === '';
    return { path: textAt(diff, 'path'), kind: isNew && kind === EditKind.MODIFIED ? EditKind.ADDED : kind };
  });
}
