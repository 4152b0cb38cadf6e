import { MatchBudget } from './wildmatch.js';
import type { IgnoreRules } from './ignore-rules.js';

interface RuleLevel {
  /** Directory of the rules' file, `''` for the top, else with a trailing slash. */
  readonly prefix: string;
  readonly rules: IgnoreRules;
}

/** Which untracked paths git would leave out, as seen from one directory downwards. */
export class IgnoreContext {
  /** At the top of a work tree, before any rules. */
  static top(): IgnoreContext {
    return new IgnoreContext([], false, new MatchBudget());
  }

  private constructor(
    private readonly levels: readonly RuleLevel[],
    /** A directory above is ignored: nothing below can be taken back. */
    private readonly everything: boolean,
    private readonly budget: MatchBudget,
  ) {}

  /** @throws SandboxError CAPTURE_FAILED where all rules of the capture are more than it may take */
  withRules(directory: string, rules: IgnoreRules): IgnoreContext {
    this.budget.spend(rules.steps);
    const prefix = directory === '' ? '' : `${directory}/`;
    return new IgnoreContext([...this.levels, { prefix, rules }], this.everything, this.budget);
  }

  /** The context inside a subdirectory. */
  enter(directory: string): IgnoreContext {
    return this.ignores(directory, true) ? new IgnoreContext(this.levels, true, this.budget) : this;
  }

  ignores(path: string, isDirectory: boolean): boolean {
    if (this.everything) return true;
    for (let index = this.levels.length - 1; index >= 0; index--) {
      const level = this.levels[index];
      const decision = level?.rules.decide(path.slice(level.prefix.length), isDirectory, this.budget);
      if (decision !== undefined) return decision;
    }
    return false;
  }
}
