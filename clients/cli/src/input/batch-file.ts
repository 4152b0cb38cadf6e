import type { CreateBatchInput } from '@heddle/sdk';
import { usageError } from '../cli.error.js';
import { isMapping, parseMapping } from './mapping-file.js';

/**
 * The body of CreateBatch as YAML or JSON (which is YAML). Only its shape is looked at: what the fields may hold is the
 * server's to say.
 * @param source name of the file, for messages
 */
export function parseBatchFile(text: string, source: string): CreateBatchInput {
  const body = parseMapping(text, source, 'a mapping with "tasks"', EXAMPLE);
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
