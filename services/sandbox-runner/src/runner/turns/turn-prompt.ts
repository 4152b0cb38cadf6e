import type { SandboxSpec } from '@heddle/contracts/internal';

/** What an agent is told that goes on without its conversation: all that was asked so far, and what to do with it. */
export function promptAfresh({ earlierPrompts, prompt }: Pick<SandboxSpec, 'earlierPrompts' | 'prompt'>): string {
  if (earlierPrompts.length === 0) return prompt;
  const earlier = earlierPrompts.map((each, index) => `Message ${String(index + 1)}:\n${each.trim()}`).join('\n\n');
  return `You have worked on this before, but the conversation is lost. The work tree is as you left it. You were asked:

${earlier}

Now you are asked:
${prompt.trim()}
`;
}
