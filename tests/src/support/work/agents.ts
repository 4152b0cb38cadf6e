import { randomUUID } from 'node:crypto';
import type { TaskSpecInput } from '@heddle/sdk';
import type { Files } from '../git/sample-repository.js';

/** A task whose agent is a shell script. */
export function bashTask(title: string, script: string, more: Partial<TaskSpecInput> = {}): TaskSpecInput {
  return { title, prompt: `Do this: ${title}`, agent: { kind: 'COMMAND', command: ['bash', '-c', script] }, ...more };
}

/** Shell that writes exactly these files, whatever they hold. */
export function writing(files: Files): string {
  return Object.entries(files)
    .map(([path, content]) => {
      const file = shellWord(path);
      if (content === null) return `rm ${file}`;
      return `mkdir -p "$(dirname ${file})" && printf %s ${Buffer.from(content).toString('base64')} | base64 -d > ${file}`;
    })
    .join('\n');
}

export function shellWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * A script that goes on printing numbered lines until its gate is opened from outside: whatever a test does in between
 * happens while the agent runs, without anybody having to guess a time.
 */
export interface GatedScript {
  /** Stands in the arguments of the script's process, by which the gate is found. */
  readonly gate: string;
  readonly script: string;
}

/**
 * Prints `start <n>` (n counts the starts in this sandbox), then `tick 1`, `tick 2`, … until the gate opens, then
 * `opened after <ticks>`.
 */
export function gated({
  before = '',
  after = '',
}: { readonly before?: string; readonly after?: string } = {}): GatedScript {
  const gate = `gate-${randomUUID()}`;
  const script = [
    `: ${gate}`,
    'set -eu',
    "open=; trap 'open=1' USR1",
    'starts=$(( $(cat "$HOME/starts" 2>/dev/null || echo 0) + 1 )); echo "$starts" > "$HOME/starts"',
    before,
    'echo "start $starts"',
    'n=0',
    'while [ -z "$open" ]; do n=$((n + 1)); echo "tick $n"; sleep 0.1; done',
    'echo "opened after $n"',
    after,
  ].join('\n');
  return { gate, script };
}
