import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { join, relative } from 'node:path';
import { root } from '../../deploy/local/bootstrap/root.mjs';

const SILENCE_MS = 15 * 60_000;

/**
 * All tests of one kind.
 * @param {'unit' | 'integration' | 'e2e'} project
 * @param {{ workers: number, match?: string }} options
 */
export function jestTier(project, { workers, match }) {
  return async () => {
    const results = join(root, '.heddle', `${project}.json`);
    mkdirSync(join(root, '.heddle'), { recursive: true });
    rmSync(results, { force: true });
    const args = [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      join(root, 'node_modules/jest/bin/jest.js'),
    ];
    args.push('--selectProjects', project, '--maxWorkers', String(workers), '--json', '--outputFile', results);
    args.push('--reporters', join(root, 'tests/driver/file-reporter.mjs'));
    if (match) args.push('--testPathPatterns', match, '--passWithNoTests');
    const { code, killed } = await runJest(args);
    return summarise(project, code, results, killed);
  };
}

/** Jest's limits are those of tests; what hangs before, between or after them is ended here, and named. */
async function runJest(args) {
  // Jest's own JSON also goes to standard output, where nobody wants it.
  const jest = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
  let killed = '';
  const end = () => {
    killed = `Jest was killed: nothing was heard of it for ${SILENCE_MS / 60_000} minutes`;
    // The reporter says what is still running; before it is there, the signal ends Jest.
    jest.kill('SIGUSR2');
    setTimeout(() => jest.kill('SIGKILL'), 1_000);
  };
  let timer = setTimeout(end, SILENCE_MS);
  jest.stderr.on('data', (chunk) => {
    process.stderr.write(chunk);
    clearTimeout(timer);
    if (!killed) timer = setTimeout(end, SILENCE_MS);
  });
  const [code] = await once(jest, 'exit');
  clearTimeout(timer);
  return { code, killed };
}

function summarise(project, code, file, killed) {
  const results = read(file);
  if (!results) {
    return { passed: 0, failed: 1, skipped: [], report: killed || `Jest ended with ${code} and no results` };
  }
  // A file that could not even be loaded has no tests that failed.
  const broken = results.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some(isFailed),
  );
  let failed = results.numFailedTests + broken.length;
  let report = '';
  if (failed === 0 && code !== 0) {
    failed = 1;
    report = `Jest ended with ${code}: ${results.numTotalTests === 0 ? `there are no ${project} tests` : 'something outside the tests failed'}`;
  }
  return {
    passed: results.numPassedTests,
    failed,
    failures: failedTests(results.testResults),
    skipped: skippedGroups(results.testResults),
    report,
  };
}

/** Each with the first line of what went wrong: what a reader of the end of the output starts from. */
function failedTests(testResults) {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(root, name);
    const tests = assertionResults.filter(isFailed);
    if (status === 'failed' && tests.length === 0) return [`${file}: ${firstLine(message)}`];
    return tests.map(
      ({ fullName, failureMessages }) => `${file}: ${fullName} [${firstLine(failureMessages[0] ?? '')}]`,
    );
  });
}

function firstLine(text) {
  return text.split('\n').find((line) => line.trim() !== '') ?? '';
}

/** One entry per file and group: where the group's name says why it was skipped, that is said. */
function skippedGroups(testResults) {
  const groups = new Map();
  for (const { name, assertionResults } of testResults) {
    for (const { status, ancestorTitles, title } of assertionResults) {
      if (status !== 'pending' && status !== 'todo') continue;
      const reason =
        ancestorTitles.find((text) => text.includes('[skipped:')) ?? [...ancestorTitles, title].join(' › ');
      const group = `${relative(root, name)}: ${reason}`;
      groups.set(group, (groups.get(group) ?? 0) + 1);
    }
  }
  return [...groups].map(([name, tests]) => ({ name, tests }));
}

function isFailed({ status }) {
  return status === 'failed';
}

function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined; // Jest did not get that far; its exit code is reported
  }
}
