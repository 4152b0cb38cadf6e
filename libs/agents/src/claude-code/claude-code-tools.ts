import {
  AgentActivity_Kind as Kind,
  type AgentActivity_Status as Status,
  FileEdit_Kind as EditKind,
} from '@heddle/contracts';
import type { ReadActivity } from '../agent-adapter.js';
import { commandRun, fileChange, planned, spoken, toolCall } from '../protocol/activities.js';
import { recordAt, recordsAt, textAt, type JsonRecord } from '../protocol/json-record.js';
import { todoSteps } from '../protocol/plan-steps.js';

export interface ToolResult {
  readonly output: string;
  readonly exitCode: number | undefined;
  readonly madeFile: boolean;
}

/** The activity of a `tool_use` block, by the tools that the program brings. */
export function toolUse(block: JsonRecord, status: Status, workspace: string, result?: ToolResult): ReadActivity {
  const itemId = textAt(block, 'id');
  const name = textAt(block, 'name');
  const input = recordAt(block, 'input');
  const output = result?.output ?? '';
  switch (name) {
    case 'Bash': {
      const exitCode = input['run_in_background'] === true ? undefined : result?.exitCode;
      return commandRun({ itemId, status, command: textAt(input, 'command'), output, exitCode });
    }
    case 'Write':
    case 'Edit':
    case 'MultiEdit':
    case 'NotebookEdit': {
      const path = textAt(input, name === 'NotebookEdit' ? 'notebook_path' : 'file_path');
      const kind = result === undefined && name === 'Write' ? EditKind.KIND_UNSPECIFIED : editKind(result);
      return fileChange({ itemId, status, workspace, edits: [{ path, kind }] });
    }
    case 'TodoWrite':
      return planned({ itemId, status, steps: todoSteps(input, 'content') });
    case 'AskUserQuestion': {
      const questions = recordsAt(input, 'questions').map((question) => textAt(question, 'question'));
      return { ...spoken(Kind.QUESTION, { itemId, text: questions.join('\n') }), status };
    }
    default: {
      const [, server = '', tool = name] = /^mcp__(.+?)__(.+)$/s.exec(name) ?? [];
      return toolCall({ itemId, status, server, name: tool, input: block['input'], output });
    }
  }
}

function editKind(result: ToolResult | undefined): EditKind {
  return result?.madeFile === true ? EditKind.ADDED : EditKind.MODIFIED;
}
