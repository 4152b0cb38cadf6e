import type { ScriptedModel } from '../scripted-model.js';
import { chatDialect } from './chat-dialect.js';
import { type Asked, type Dialect, eventsOf } from './dialect.js';
import { geminiDialect } from './gemini-dialect.js';
import { messagesDialect } from './messages-dialect.js';
import { responsesDialect } from './responses-dialect.js';

export const DIALECTS: readonly Dialect[] = [responsesDialect, chatDialect, messagesDialect, geminiDialect];

type Question = Pick<Asked, 'prompt'> & Partial<Asked>;

export async function send(
  model: ScriptedModel,
  dialect: Dialect,
  question: Question,
  signal?: AbortSignal,
): Promise<Response> {
  const asked = { replies: 0, stream: true, tools: ['Bash', 'exec_command'], ...question };
  return fetch(`${model.url}${dialect.path(asked.stream)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer secret-key' },
    body: JSON.stringify(dialect.body(asked)),
    ...(signal && { signal }),
  });
}

/** The answer as one value, streamed or not. */
export async function ask(model: ScriptedModel, dialect: Dialect, question: Question): Promise<unknown> {
  const response = await send(model, dialect, question);
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${response.status}: ${text}`);
  return question.stream === false ? (JSON.parse(text) as unknown) : dialect.assemble(eventsOf(text));
}
