import { z } from 'zod';
import { MalformedRequest } from './model-protocol.js';

/** The value in the shape, or MalformedRequest with the paths that are wrong. */
export function inShape<Shape extends z.ZodType>(shape: Shape, value: unknown): z.output<Shape> {
  const result = shape.safeParse(value);
  if (result.success) return result.data;
  throw new MalformedRequest(
    result.error.issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`).join('; '),
  );
}

/** Content as the protocols write it: a string, or parts of which some have a text. */
export const contentShape = z.union([z.string(), z.array(z.looseObject({ text: z.string().optional() }))]).nullish();

export function textOf(content: z.output<typeof contentShape>): string {
  if (typeof content === 'string') return content;
  return (content ?? []).flatMap(({ text }) => text ?? []).join('\n');
}

/** Pieces of a text as a model streams it; together they are the text. */
export function pieces(text: string): readonly string[] {
  const middle = Math.ceil(text.length / 2);
  return text.length < 2 ? [text] : [text.slice(0, middle), text.slice(middle)];
}

/** A server-sent event; `name` where the protocol names its events. */
export function serverSentEvent(data: unknown, name?: string): string {
  return `${name === undefined ? '' : `event: ${name}\n`}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
}
