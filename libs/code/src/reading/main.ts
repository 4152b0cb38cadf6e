import { registerDynamicLanguage } from '@ast-grep/napi';
import { readSource, type SourceAnswer, type SourceQuestion } from '../entities/read-source.js';
import { LANGUAGES } from '../languages/languages.js';

/** The process that parses what agents wrote: it may hang or crash, and nothing but an answer is lost. */
export interface ReaderQuestion extends SourceQuestion {
  readonly language: string;
}

type Grammars = Parameters<typeof registerDynamicLanguage>[0];

/** All at once: the parser takes grammars only once. One that this machine has no library of costs its language only. */
async function registerGrammars(): Promise<void> {
  const grammars: Grammars = {};
  for (const { name, grammar } of LANGUAGES) {
    if (grammar === undefined) continue;
    try {
      const found = (await grammar()).default as Grammars[string];
      if (found.libraryPath !== '') grammars[name] = found;
    } catch {
      // Each text of it is answered with the parser's words.
    }
  }
  registerDynamicLanguage(grammars);
}

let registered: Promise<void> | undefined;

async function answer({ language, ...question }: ReaderQuestion): Promise<SourceAnswer | { readonly failed: string }> {
  const known = LANGUAGES.find(({ name }) => name === language);
  // Loading them takes longer than most texts, of which many are in a language that the parser brings along.
  if (known?.grammar !== undefined) await (registered ??= registerGrammars());
  return known === undefined ? { failed: `no language ${language}` } : readSource(known, question);
}

process.on('message', (question: ReaderQuestion) => {
  answer(question)
    .catch((error: unknown) => ({ failed: String(error) }))
    .then((said) => process.send?.(said))
    .catch(() => process.exit(1));
});
// Whoever asked has ended.
process.on('disconnect', () => process.exit(0));
