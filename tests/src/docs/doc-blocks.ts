/** A fenced block of shell on a page of the docs. */
export interface DocBlock {
  /** What stands behind `sh` on the opening fence: the program that the block needs. */
  readonly needs: string | undefined;
  readonly script: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
}

/** The blocks that open with ```sh, in order. */
export function shellBlocks(markdown: string): DocBlock[] {
  const lines = markdown.split('\n');
  const blocks: DocBlock[] = [];
  for (let index = 0; index < lines.length; index += 1) {
    const fence = /^```sh(?: (\S+))?$/.exec(lines[index] ?? '');
    if (fence === null) continue;
    const end = lines.indexOf('```', index);
    blocks.push({ needs: fence[1], script: lines.slice(index + 1, end).join('\n'), line: index + 1 });
    index = end;
  }
  return blocks;
}

/** The blocks of JSON below a line `<!-- example: NAME -->`, by their names. */
export function jsonExamples(markdown: string): ReadonlyMap<string, unknown> {
  const blocks = markdown.matchAll(/^<!-- example: (\S+) -->\n\n```json\n(.*?)\n```$/gms);
  return new Map([...blocks].map(([, name = '', text = '']) => [name, JSON.parse(text) as unknown]));
}
