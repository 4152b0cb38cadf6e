import type { LogLine } from '@heddle/contracts';

/** The canonical JSON of a line, made by hand: there are many of them, for many readers. */
export function lineJson(line: LogLine): string {
  const { sequence, time, stream, phase, check, text, raw } = line;
  return JSON.stringify({
    sequence,
    ...(time === undefined ? {} : { time: canonicalTime(time) }),
    stream,
    phase,
    check,
    text,
    ...(raw === undefined ? {} : { raw: raw.toString('base64') }),
  });
}

/** Whole seconds have no fraction in canonical JSON. */
function canonicalTime(time: Date): string {
  return time.toISOString().replace('.000Z', 'Z');
}
