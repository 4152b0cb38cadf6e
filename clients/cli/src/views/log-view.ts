import type { LogLine } from '@heddle/sdk';
import { neutralise } from '../output/neutralise.js';
import type { Style } from '../output/style.js';

/** One line for a terminal: harmless, the platform's own words told apart. */
export function logLine(line: LogLine, style: Style): string {
  const text = neutralise(line.text);
  if (line.stream === 'SYSTEM') return style.dim(`[heddle] ${text}`);
  return line.stream === 'STDERR' ? style.yellow(text) : text;
}

/** One line for a pipe: the bytes as printed. */
export function logBytes(line: LogLine): Uint8Array {
  const system = line.stream === 'SYSTEM' ? '[heddle] ' : '';
  const bytes = line.raw === undefined ? Buffer.from(line.text, 'utf8') : Buffer.from(line.raw, 'base64');
  return Buffer.concat([Buffer.from(system), bytes, Buffer.from('\n')]);
}
