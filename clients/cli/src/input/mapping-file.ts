import { parseDocument } from 'yaml';
import { usageError } from '../cli.error.js';

/**
 * The mapping that a file holds as YAML or JSON (which is YAML).
 * @param source name of the file, for messages
 * @param expected what it must hold, as the message says it
 * @param example for who got it wrong
 */
export function parseMapping(text: string, source: string, expected: string, example: string): Record<string, unknown> {
  const document = parseDocument(text, { prettyErrors: true });
  const [fault] = document.errors;
  if (fault !== undefined) throw usageError(`${source} is neither YAML nor JSON: ${fault.message.trim()}`);
  const body: unknown = document.toJS({ maxAliasCount: 100 });
  if (!isMapping(body)) throw usageError(`${source} must hold ${expected}`, example);
  return body;
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
