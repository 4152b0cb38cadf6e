import { fileURLToPath } from 'node:url';

/** What keeps the input of Claude Code open: the platform's own, beside its program in the sandbox. It imports no package. */
export const CLAUDE_CODE_BRIDGE = {
  directory: fileURLToPath(new URL('./bridge/', import.meta.url)),
  /** From the directory that holds the bridges. */
  folder: 'claude-code',
  entry: 'claude-code/main.js',
} as const;
