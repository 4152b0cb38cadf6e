import type { CreateTaskInput } from '@heddle/sdk';
import { usageError } from '../cli.error.js';
import { parseAgentKind } from './agent-kind.js';

export type VariantInput = NonNullable<CreateTaskInput['variants']>[number];

/** One `--variant NAME=KIND[:MODEL]`. Collects, as commander calls it per use. */
export function collectVariant(value: string, earlier: readonly VariantInput[] = []): VariantInput[] {
  const [, name, kind, model] = /^([^=]+)=([^:]+)(?::(.+))?$/s.exec(value) ?? [];
  if (name === undefined || kind === undefined)
    throw usageError(
      `--variant wants NAME=KIND or NAME=KIND:MODEL, for example --variant fast=CODEX:gpt-mini, and got ${JSON.stringify(value)}`,
    );
  return [...earlier, { name: name.trim(), agent: { kind: parseAgentKind(kind.trim()), model } }];
}
