export type { Entity, Use } from './entities/entity.js';
export type { SourceAnswer } from './entities/read-source.js';
export { languageOf } from './languages/languages.js';
export type { EntityKind, Language } from './languages/language.js';
export { SourceReader, type SourceOutcome, type SourceReaderOptions } from './reading/source-reader.js';
