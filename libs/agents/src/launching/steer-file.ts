import type { PlatformFile } from '../agent-adapter.js';

/** A message into a turn that runs, as its program's bridge finds it in `places.run`; the number is that of the message's row. */
export function steerFile(
  turn: number,
  { number, text }: { readonly number: number; readonly text: string },
): PlatformFile {
  return { name: `${steerPrefix(turn)}${String(number)}`, content: text };
}

export function steerPrefix(turn: number): string {
  return `steer-${String(turn)}-`;
}
