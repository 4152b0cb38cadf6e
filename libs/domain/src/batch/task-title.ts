const TITLE_LENGTH = 100;

/** What a task is called: as it was said, or by the first line of its prompt. */
export function taskTitle({ title, prompt }: { readonly title: string; readonly prompt: string }): string {
  if (title !== '') return title;
  const line = prompt.trim().split('\n', 1)[0] ?? '';
  return line.length > TITLE_LENGTH ? `${line.slice(0, TITLE_LENGTH - 1)}…` : line;
}
