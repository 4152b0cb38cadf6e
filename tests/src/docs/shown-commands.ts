import type { Cli, CliResult } from '../support/doors/cli.js';
import { shellBlocks } from './doc-blocks.js';

/** Command lines of `heddle` that a page shows: in its blocks of shell, without their comments, and in its text. */
export function heddleLines(markdown: string): { readonly blocks: string[]; readonly inline: string[] } {
  const blocks = shellBlocks(markdown).flatMap(({ script }) => commandLines(script));
  const text = markdown.replaceAll(/^( *)```[^]*?^\1```$/gm, '');
  const inline = [...text.matchAll(/`(heddle\s[^`]*)`/g)].map(([, line = '']) => line.replaceAll(/\s+/g, ' '));
  return { blocks, inline };
}

/** Those that begin with `heddle`, each with what it goes on with after a backslash, and without what a shell does beside it. */
export function commandLines(script: string): string[] {
  return script
    .replaceAll(/\\\n\s*/g, '')
    .split(/\n| && /)
    .map((line) => line.replace(/^(?:\$ |npx )/, '').replace(/\s+(?:#|[<>|] ).*$/, ''))
    .filter((line) => line.startsWith('heddle '));
}

/** As a shell takes them, of what pages use of it: blanks and quotes. */
export function words(line: string): string[] {
  return [...line.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) => word.replaceAll(/["']/g, ''));
}

/** The commands of a page, run as it has them. */
export class ShownCommands {
  /** What words of the page stand for: `CHANGE`, say, for an id. */
  readonly names: Record<string, string> = {};
  private readonly shown: { readonly blocks: string[]; readonly inline: string[] };
  private readonly executed = new Set<string>();

  constructor(
    /** The page, as Markdown. */
    readonly text: string,
    private readonly cli: Pick<Cli, 'run'>,
    private readonly cwd: string,
  ) {
    this.shown = heddleLines(text);
  }

  /** @param code that it has to end with. @throws Error where the page has no such line, or it ends otherwise */
  async run(line: string, code = 0): Promise<CliResult> {
    if (![...this.shown.blocks, ...this.shown.inline].includes(line))
      throw new Error(`The page does not show: ${line}`);
    this.executed.add(line);
    const [, ...args] = words(line).map((word) => this.names[word] ?? word);
    const result = await this.cli.run(args, { cwd: this.cwd });
    if (result.code !== code)
      throw new Error(`${line} ended with ${String(result.code)}: ${result.stdout}${result.stderr}`);
    return result;
  }

  /** Lines of the page's blocks that were not run. */
  left(): string[] {
    return this.shown.blocks.filter((line) => !this.executed.has(line));
  }
}
