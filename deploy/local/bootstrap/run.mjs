import { spawn } from 'node:child_process';
import { endsBySignal, noteChild } from './end-with-children.mjs';
import { root } from './root.mjs';

/**
 * Runs a program to its end, without a shell and without input.
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<{ code: number | undefined, output: string }>} `code` is undefined when it could not be started or a
 *   signal ended it; `output` is both streams as they came
 */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], ...options });
    noteChild(child);
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (output += text));
    child.once('error', (error) => resolve({ code: undefined, output: String(error) }));
    child.once('close', (code) => {
      if (!endsBySignal()) resolve({ code: code ?? undefined, output });
    });
  });
}
