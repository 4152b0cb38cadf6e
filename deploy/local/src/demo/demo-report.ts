import { duration, oneLine, type Output } from '@heddle/cli';
import type { Expectation } from './expectations.js';

/** How the demo speaks. */
export class DemoReport {
  private readonly started = performance.now();

  constructor(private readonly out: Output) {}

  heading(title: string, about?: string): void {
    const { style } = this.out;
    this.out.lines(['', style.bold(title) + (about === undefined ? '' : `  ${style.dim(oneLine(about))}`)]);
  }

  readonly detail = (text: string): void => {
    this.out.line(this.out.style.dim(`  ${oneLine(text)}`));
  };

  readonly good = (text: string): void => {
    this.out.line(`  ${this.out.style.green('✓')} ${oneLine(text)}`);
  };

  readonly bad = (text: string): void => {
    this.out.line(`  ${this.out.style.red('✗')} ${oneLine(text)}`);
  };

  /** Says what was to be true and whether it is. @returns whether all is */
  verdict(expectations: readonly Expectation[]): boolean {
    this.heading('Shown', `in ${duration(performance.now() - this.started)}`);
    for (const { text, holds, found } of expectations) {
      if (holds) this.good(text);
      else this.bad(found === undefined || found === '' ? text : `${text}. Found: ${found}`);
    }
    const broken = expectations.filter(({ holds }) => !holds).length;
    if (broken > 0)
      this.out.lines(['', this.out.style.red(`${String(broken)} of ${String(expectations.length)} are not true.`)]);
    return broken === 0;
  }

  leftUp(directory: string, url: string): void {
    this.out.lines([
      '',
      `The platform stays up at ${url}. In another terminal:`,
      `  export HEDDLE_DATA_DIR=${directory}`,
      '  npx heddle batch show',
      'Ctrl-C here stops it and removes its data.',
    ]);
  }

  notRemoved(directory: string, why: string): void {
    this.out.line(`${directory} could not be removed: ${why}`);
  }

  kept(directory: string): void {
    this.out.line(`Its data and logs are kept: ${directory}`);
  }
}
