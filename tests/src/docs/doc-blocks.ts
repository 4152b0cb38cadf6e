/** A fenced block of a page of the docs. */
interface FencedBlock {
  /** What stands behind the opening fence. */
  readonly info: string;
  readonly text: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
  /** From the line `<!-- not executed: WHY -->` above it: no test runs it. */
  readonly whyNotExecuted: string | undefined;
}

/** A fenced block of shell on a page of the docs. */
export interface DocBlock {
  /** What stands behind `sh` on the opening fence: the program that the block needs. */
  readonly needs: string | undefined;
  readonly script: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
}

/** The blocks that open with ```sh, in order, but for those that say why nothing runs them. */
export function shellBlocks(markdown: string): DocBlock[] {
  return fencedBlocks(markdown).flatMap(({ info, text, line, whyNotExecuted }) => {
    const words = /^sh(?: (\S+))?$/.exec(info);
    return words === null || whyNotExecuted !== undefined ? [] : [{ needs: words[1], script: text, line }];
  });
}

/** All blocks, whatever they hold, in order. Those within a list are indented as it is. */
export function fencedBlocks(markdown: string): FencedBlock[] {
  const lines = markdown.split('\n');
  const blocks: FencedBlock[] = [];
  for (let index = 0; index < lines.length; index += 1) {
    const [, indent = '', info] = /^( *)```(.*)$/.exec(lines[index] ?? '') ?? [];
    if (info === undefined) continue;
    const end = lines.indexOf(`${indent}\`\`\``, index + 1);
    const text = lines.slice(index + 1, end).map((line) => line.slice(indent.length));
    const [, whyNotExecuted] = /<!-- not executed: (.+) -->$/.exec(lines[index - 2] ?? '') ?? [];
    blocks.push({ info, text: text.join('\n'), line: index + 1, whyNotExecuted });
    index = end;
  }
  return blocks;
}

/** The blocks of JSON below a line `<!-- example: NAME -->`, by their names. */
export function jsonExamples(markdown: string): ReadonlyMap<string, unknown> {
  const blocks = markdown.matchAll(/^<!-- example: (\S+) -->\n\n```json\n(.*?)\n```$/gms);
  return new Map([...blocks].map(([, name = '', text = '']) => [name, JSON.parse(text) as unknown]));
}
