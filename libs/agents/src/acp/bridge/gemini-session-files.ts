import { existsSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';

const CHATS = ['.gemini', 'tmp'];
/** By which Gemini CLI (0.61) names a session's file, beside the minute in which it began. */
const ID_LENGTH = 8;

/**
 * Gemini CLI begins a file for a session before it loads it, named by the minute. In the minute in which the session began that is
 * the session's own file, and what was said in it is gone: it gets a name that is none of a minute, and is found by its end.
 */
export function keepSessionFiles(home: string, sessionId: string, now = new Date()): void {
  const root = join(home, ...CHATS);
  const minute = now.toISOString().slice(0, 16).replace(':', '-');
  const end = `${sessionId.slice(0, ID_LENGTH)}.jsonl`;
  for (const project of existsSync(root) ? readdirSync(root) : []) {
    const own = join(root, project, 'chats', `session-${minute}-${end}`);
    const kept = join(root, project, 'chats', `session-${minute}-kept-${end}`);
    // A second time in one minute: what bears the name is the file that was begun for the first.
    if (existsSync(own) && !existsSync(kept)) renameSync(own, kept);
  }
}
