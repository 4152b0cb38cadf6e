import { readSmallFile } from './safe-read.js';
import { looksLikeGitFile } from './storable-name.js';

const MAX_ATTRIBUTE_LINE_BYTES = 2048;

/**
 * Why the store would refuse the whole pack for one file that git itself reads (`.gitattributes`, `.gitmodules`);
 * undefined for every other file and for harmless ones. Such a file is left out alone instead.
 */
export async function gitFileFault(name: string, source: Buffer): Promise<string | undefined> {
  const isAttributes = looksLikeGitFile(name, '.gitattributes');
  const isModules = looksLikeGitFile(name, '.gitmodules');
  if (!isAttributes && !isModules) return undefined;
  const content = await readSmallFile(source);
  if (content === undefined || content === 'refused')
    return 'git reads this file itself, and it is not a regular file of up to 1 MiB';
  return isAttributes ? attributesFault(content) : modulesFault(content.toString('latin1'));
}

function attributesFault(content: Buffer): string | undefined {
  let start = 0;
  while (start <= content.length) {
    const end = content.indexOf(10, start);
    if ((end === -1 ? content.length : end) - start >= MAX_ATTRIBUTE_LINE_BYTES)
      return 'a line of .gitattributes is longer than git accepts';
    if (end === -1) return undefined;
    start = end + 1;
  }
  return undefined;
}

function modulesFault(text: string): string | undefined {
  if (/^\s*\[\s*submodule\s+"(?:[^"]*[/\\])?\.\.(?:[/\\][^"]*)?"/im.test(text))
    return 'a submodule name in .gitmodules leaves its directory';
  if (/^\s*(?:url|path)\s*=\s*"?-/im.test(text)) return 'a submodule address in .gitmodules looks like an option';
  return undefined;
}
