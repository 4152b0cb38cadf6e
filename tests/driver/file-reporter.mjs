import { relative } from 'node:path';
import { root } from '../../deploy/local/bootstrap/root.mjs';

/** One line per test file, and in full what failed. */
export default class FileReporter {
  running = new Set();

  constructor() {
    process.on('SIGUSR2', () => {
      process.stderr.write(`  still running: ${[...this.running].join(', ')}\n`);
    });
  }

  onTestFileStart({ path }) {
    this.running.add(relative(root, path));
  }

  onTestResult(_test, result) {
    const {
      numPassingTests: passed,
      numFailingTests: failed,
      numPendingTests: pending,
      perfStats,
      testFilePath,
    } = result;
    this.running.delete(relative(root, testFilePath));
    const broken = failed > 0 || result.testExecError !== undefined;
    const seconds = ((perfStats.end - perfStats.start) / 1000).toFixed(1);
    const skipped = pending > 0 ? `, ${pending} skipped` : '';
    const count = broken ? `${failed} failed, ${passed} passed` : `${passed} passed`;
    process.stderr.write(
      `  ${broken ? '✗' : '✓'} ${relative(root, testFilePath)}: ${count}${skipped} (${seconds} s)\n`,
    );
    if (result.failureMessage) process.stderr.write(`${result.failureMessage}\n`);
  }

  /** What went wrong outside of any test file. */
  onRunComplete(_contexts, { runExecError }) {
    if (runExecError) process.stderr.write(`${runExecError.stack ?? runExecError.message}\n`);
  }
}
