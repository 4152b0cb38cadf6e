import { parseDocument } from 'yaml';
import type { CreateBatchInput } from '@heddle/sdk';
import { usageError } from '../cli.error.js';

/**
 * The body of CreateBatch as YAML or JSON (which is YAML). Only its shape is looked at: what the fields may hold is the
 * server's to say.
 * @param source name of the file, for messages
 */
export function parseBatchFile(text: string, source: string): CreateBatchInput {
  const document = parseDocument(text, { prettyErrors: true });
  const [fault] = document.errors;
  if (fault !== undefined) throw usageError(`${source} is no YAML: ${fault.message.trim()}`);
  const body: unknown = document.toJS({ maxAliasCount: 100 });
  if (!isMapping(body)) throw usageError(`${source} must hold a mapping with "tasks"`, EXAMPLE);
  if (!Array.isArray(body['tasks']) || body['tasks'].length === 0) throw usageError(`${source} has no tasks`, EXAMPLE);
  const notMapping = body['tasks'].findIndex((task) => !isMapping(task));
  if (notMapping >= 0) throw usageError(`${source}: tasks[${String(notMapping)}] is no mapping`, EXAMPLE);
  return body;
}

const EXAMPLE = `A batch file looks like this:
  tasks:
    - title: Fix the typo
      prompt: Fix the typo in the README.
      agent: { kind: COMMAND, command: [sed, -i, s/teh/the/, README.md] }
      checks:
        - { name: unit, command: [npm, test], timeout: 120s }`;

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
