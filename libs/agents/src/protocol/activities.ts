import {
  AgentActivity_Kind as Kind,
  AgentActivity_Status as Status,
  type FileEdit,
  type FileEdit_Kind,
  type PlanStep,
  PlanStep_State as StepState,
} from '@heddle/contracts';
import type { ModelUsageCount } from '@heddle/contracts/workflows';
import type { AgentFailure } from '@heddle/domain';
import type { ReadActivity } from '../agent-adapter.js';
import { toModelUsage } from './model-usage.js';
import { cutText, oneLine, pathInWorkspace } from './cut-text.js';

/** Of a text, an output, or a tool's input. */
export const MAX_TEXT_BYTES = 16 * 1024;
const MAX_ID_BYTES = 200;
const MAX_ENTRIES = 500;
const NOTHING: ModelUsageCount = {
  model: '',
  inputTokens: 0,
  cachedInputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
};

export function spoken(
  kind: Kind.MESSAGE | Kind.REASONING | Kind.QUESTION,
  { itemId = '', text }: { readonly itemId?: string; readonly text: string },
): ReadActivity {
  return { ...base(kind, Status.SUCCEEDED, itemId, text), ...cutText(text, MAX_TEXT_BYTES) };
}

export function commandRun(command: {
  readonly itemId: string;
  readonly status: Status;
  readonly command: string;
  readonly output?: string;
  readonly exitCode?: number | undefined;
}): ReadActivity {
  const words = cutText(command.command, MAX_TEXT_BYTES);
  const output = cutText(command.output ?? '', MAX_TEXT_BYTES);
  return {
    ...base(Kind.COMMAND, command.status, command.itemId, command.command),
    truncated: words.truncated || output.truncated,
    command: { command: words.text, exitCode: int32(command.exitCode), output: output.text },
  };
}

export function fileChange(change: {
  readonly itemId: string;
  readonly status: Status;
  readonly workspace: string;
  readonly edits: readonly { readonly path: string; readonly kind: FileEdit_Kind }[];
}): ReadActivity {
  const files: FileEdit[] = change.edits
    .slice(0, MAX_ENTRIES)
    .map(({ path, kind }) => ({ path: pathInWorkspace(path, change.workspace), kind }));
  return {
    ...base(Kind.FILE_CHANGE, change.status, change.itemId, files.map(({ path }) => path).join(', ')),
    truncated: files.length < change.edits.length,
    files,
  };
}

export function toolCall(call: {
  readonly itemId: string;
  readonly status: Status;
  readonly name: string;
  readonly server?: string;
  readonly input: unknown;
  readonly output?: string;
}): ReadActivity {
  const { server = '', name } = call;
  const input = cutText(jsonOf(call.input), MAX_TEXT_BYTES);
  const output = cutText(call.output ?? '', MAX_TEXT_BYTES);
  return {
    ...base(Kind.TOOL_CALL, call.status, call.itemId, `${server === '' ? '' : `${server}: `}${name} ${input.text}`),
    truncated: input.truncated || output.truncated,
    toolCall: {
      server: cutText(server, MAX_ID_BYTES).text,
      name: cutText(name, MAX_ID_BYTES).text,
      input: input.text,
      output: output.text,
    },
  };
}

export function planned(plan: {
  readonly itemId: string;
  readonly status: Status;
  readonly steps: readonly { readonly text: string; readonly state: StepState }[];
}): ReadActivity {
  const steps: PlanStep[] = plan.steps
    .slice(0, MAX_ENTRIES)
    .map(({ text, state }) => ({ text: cutText(text, 1024).text, state }));
  const current = steps.find(({ state }) => state !== StepState.DONE) ?? steps.at(-1);
  return {
    ...base(Kind.PLAN, plan.status, plan.itemId, current?.text ?? ''),
    truncated: steps.length < plan.steps.length,
    plan: steps,
  };
}

/** @param usage undefined: nothing */
export function used(usage: ModelUsageCount = NOTHING): ReadActivity {
  const { inputTokens, outputTokens } = usage;
  return {
    ...base(Kind.USAGE, Status.SUCCEEDED, '', `${String(inputTokens)} tokens in, ${String(outputTokens)} out`),
    usage: toModelUsage(usage),
  };
}

export function failed(text: string, reason?: AgentFailure, itemId = ''): ReadActivity {
  const cut = cutText(text, MAX_TEXT_BYTES);
  return { ...base(Kind.ERROR, Status.FAILED, itemId, text), ...cut, reason: reason ?? '' };
}

function base(kind: Kind, status: Status, itemId: string, summary: string): ReadActivity {
  return {
    kind,
    status,
    itemId: cutText(itemId, MAX_ID_BYTES).text,
    summary: oneLine(summary),
    text: '',
    truncated: false,
    files: [],
    plan: [],
    reason: '',
  };
}

function int32(value: number | undefined): number | undefined {
  return value === undefined || value !== (value | 0) ? undefined : value;
}

function jsonOf(value: unknown): string {
  return value === undefined ? '' : JSON.stringify(value);
}
