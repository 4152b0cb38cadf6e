import type { ModelRequest } from './model-protocol.js';

/** How agents tell a model where they work: codex; Claude Code and OpenCode; Gemini CLI. */
const PLACES = [
  /<cwd>([^<\n]+)<\/cwd>/,
  /[Ww]orking directory: (\/[^\n]*)/,
  /\*\*Workspace Directories:\*\*\n\s*- (\/[^\n]*)/,
];

/** The directory that the agent works in, by its own words to the model. */
export function workspaceOf({ system, history }: ModelRequest): string | undefined {
  const words = [system, ...history.flatMap((entry) => (entry.from === 'user' ? [entry.text] : []))];
  for (const text of words) {
    for (const place of PLACES) {
      const found = place.exec(text)?.[1]?.trim();
      if (found) return found;
    }
  }
  return undefined;
}
