import type { z } from 'zod';

/** A request as agents of a protocol send it, after `replies` replies with a tool call each. */
export interface Asked {
  readonly prompt: string;
  readonly replies: number;
  readonly stream: boolean;
  readonly tools: readonly string[];
}

export interface StreamEvent {
  readonly name: string | undefined;
  readonly data: string;
}

/** What an agent acts upon. */
export interface Said {
  readonly text: string | undefined;
  readonly calls: readonly (readonly [name: string, input: unknown])[];
}

/** A protocol as its agents speak it, written apart from the server's own side of it. */
export interface Dialect {
  readonly name: string;
  readonly path: (stream: boolean) => string;
  readonly body: (asked: Asked) => unknown;
  /** What a streamed answer adds up to, in the shape of one that isn't streamed. Throws where the protocol is broken. */
  readonly assemble: (events: readonly StreamEvent[]) => unknown;
  readonly said: (whole: unknown) => Said;
}

export function rounds(count: number, make: (round: number) => readonly unknown[]): unknown[] {
  return Array.from({ length: count }, (_, round) => make(round)).flat();
}

export function parsed<Shape extends z.ZodType>(shape: Shape, events: readonly StreamEvent[]): z.output<Shape>[] {
  return events.map(({ data }) => shape.parse(JSON.parse(data)));
}

export function insist(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`The protocol is broken: ${what}.`);
}

export function eventsOf(text: string): StreamEvent[] {
  return text
    .split('\n\n')
    .filter((block) => block !== '')
    .map((block) => ({
      name: /^event: (.*)$/m.exec(block)?.[1],
      data: /^data: (.*)$/m.exec(block)?.[1] ?? '',
    }));
}
