// `npm run chaos -- sandbox|landing [options]`: each kind is a program of its own, which reads its options by itself.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { REPOSITORY_ROOT } from '@heddle/local';

const PROGRAMS: Readonly<Record<string, string>> = {
  sandbox: 'services/sandbox-runner/dist/testing/chaos/main.js',
  landing: 'tests/dist/chaos/landing/main.js',
};

const program = PROGRAMS[process.argv[2] ?? ''];
if (program === undefined) {
  process.stderr.write(`usage: npm run chaos -- ${Object.keys(PROGRAMS).join('|')} [--count N] [--seed S]\n`);
  process.exitCode = 2;
} else {
  await import(pathToFileURL(join(REPOSITORY_ROOT, program)).href);
}
