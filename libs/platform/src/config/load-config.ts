import { readFileSync } from 'node:fs';
import { types } from 'node:util';
import { z } from 'zod';

/** The settings of a process are wrong. The message names every fault at once and never holds a value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly faults: readonly string[]) {
    super(`The configuration is not valid:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
  }
}

/**
 * Reads the settings that `shape` names (its keys are the names of environment variables).
 * Each `X` may come from the file that `X_FILE` names instead; an empty variable counts as absent.
 * @throws ConfigError with all faults at once
 */
export function loadConfig<T extends z.ZodRawShape>(
  shape: T,
  env: NodeJS.ProcessEnv = process.env,
): Readonly<z.infer<z.ZodObject<T>>> {
  const faults: string[] = [];
  const input: Record<string, string> = {};
  for (const name of Object.keys(shape)) {
    const value = readSetting(name, env, faults);
    if (value !== undefined) input[name] = value;
  }
  const unreadable = new Set(faults.map((fault) => fault.split(' ')[0]));
  const result = z.object(shape).safeParse(input);
  if (!result.success) {
    for (const issue of result.error.issues) {
      const name = String(issue.path[0] ?? 'configuration');
      if (unreadable.has(name)) continue;
      faults.push(`${name} ${name in input ? issue.message : 'is required'}`);
    }
  }
  if (!result.success || faults.length > 0) throw new ConfigError(faults);
  return Object.freeze(result.data);
}

function readSetting(name: string, env: NodeJS.ProcessEnv, faults: string[]): string | undefined {
  const direct = env[name];
  const file = env[`${name}_FILE`];
  const hasDirect = direct !== undefined && direct !== '';
  if (file === undefined || file === '') return hasDirect ? direct : undefined;
  if (hasDirect) {
    faults.push(`${name} is set twice: give ${name} or ${name}_FILE, not both`);
    return undefined;
  }
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    const code = types.isNativeError(error) && 'code' in error ? String(error.code) : 'unknown error';
    faults.push(`${name} cannot be read from the file of ${name}_FILE (${code})`);
    return undefined;
  }
}
