import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OutputWatch } from './output-watch.js';

/**
 * Runs Claude Code with its prompt, which is this program's own input, and with the messages that are put into a directory
 * while it works. It stands in the sandbox, beside the agent: a pipe to it would not outlive the runner.
 * Arguments: the directory, the beginning of the messages' names, then the command.
 */
const EVERY_MS = 250;
const [directory = '', prefix = '', program = '', ...args] = process.argv.slice(2);

const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
// Whatever is written to a dead one is lost, and its end says why.
child.stdin.on('error', () => undefined);
child.once('error', (error) => {
  process.stderr.write(`Claude Code could not be started: ${error.message}\n`);
  process.exitCode = 127;
});
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => child.kill(signal));

const given = new Set<string>();
let isOpen = true;
const looking = setInterval(giveNew, EVERY_MS);
const watch = new OutputWatch(() => {
  // What came since the last look is heard yet: its turn is over only where there is nothing left to say.
  if (giveNew() > 0) return;
  isOpen = false;
  clearInterval(looking);
  child.stdin.end();
});

say(readFileSync(0, 'utf8'));
child.stdout.on('data', (chunk: Buffer) => {
  // Its own record of a message must not be in the middle of one of the program's lines.
  process.stdout.write(chunk);
  watch.take(chunk);
});
child.once('close', (code, signal) => {
  clearInterval(looking);
  process.exitCode ??= code ?? (signal === null ? 1 : 128);
});

/** @returns how many messages there were that the program had not been given yet */
function giveNew(): number {
  if (!isOpen || !watch.isBetweenLines) return 0;
  const numbers = readdirSync(directory)
    .filter((name) => name.startsWith(prefix) && /^\d{1,9}$/.test(name.slice(prefix.length)))
    .map((name) => name.slice(prefix.length))
    .filter((number) => !given.has(number))
    .sort((a, b) => Number(a) - Number(b));
  for (const number of numbers) {
    given.add(number);
    say(readFileSync(join(directory, `${prefix}${number}`), 'utf8'));
    process.stdout.write(`${JSON.stringify({ type: 'heddle_steered', number: Number(number) })}\n`);
  }
  return numbers.length;
}

function say(content: string): void {
  child.stdin.write(`${JSON.stringify({ type: 'user', message: { role: 'user', content } })}\n`);
}
