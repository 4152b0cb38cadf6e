import { extname } from 'node:path';
import { C, CPP } from './c-family.js';
import { JAVA_SCRIPT, TSX, TYPE_SCRIPT } from './ecma-script.js';
import { GO } from './go.js';
import { JAVA } from './java.js';
import type { Language } from './language.js';
import { PYTHON } from './python.js';
import { RUST } from './rust.js';

/** Whatever is not here stays a file: overlaps in it are never more exact than that. */
export const LANGUAGES: readonly Language[] = [TYPE_SCRIPT, TSX, JAVA_SCRIPT, PYTHON, GO, JAVA, RUST, C, CPP];

const BY_EXTENSION = new Map(
  LANGUAGES.flatMap((language) => language.extensions.map((extension) => [extension, language] as const)),
);

/** The language of a file by its name. */
export function languageOf(path: string): Language | undefined {
  return BY_EXTENSION.get(extname(path).toLowerCase());
}
