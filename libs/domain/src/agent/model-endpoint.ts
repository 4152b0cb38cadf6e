/** Where agents of a provider's kind find it by default, and which header carries the credential. */
export interface ModelProviderEntry {
  /** Absent: there is no public one. */
  readonly baseUrl?: string;
  readonly header: string;
  /** `{value}` stands for the credential's value. */
  readonly format: string;
}

/** Whose protocol a model's server speaks. A provider may be added, never renamed: credentials are stored by it. */
export const MODEL_PROVIDERS = {
  OPENAI: { baseUrl: 'https://api.openai.com/v1', header: 'Authorization', format: 'Bearer {value}' },
  ANTHROPIC: { baseUrl: 'https://api.anthropic.com', header: 'x-api-key', format: '{value}' },
  GEMINI: { baseUrl: 'https://generativelanguage.googleapis.com', header: 'x-goog-api-key', format: '{value}' },
  OPENAI_COMPATIBLE: { header: 'Authorization', format: 'Bearer {value}' },
} as const satisfies Record<string, ModelProviderEntry>;

export type ModelProvider = keyof typeof MODEL_PROVIDERS;

/** Where an agent finds its model, as its configuration may say it: without any key. */
export interface ModelEndpoint {
  readonly provider: ModelProvider;
  /** Without a slash at its end; for OPENAI and OPENAI_COMPATIBLE with the version, as in `https://api.openai.com/v1`. */
  readonly baseUrl: string;
}

export function isModelProvider(word: string): word is ModelProvider {
  return Object.hasOwn(MODEL_PROVIDERS, word);
}

export function modelProvider(provider: ModelProvider): ModelProviderEntry {
  return MODEL_PROVIDERS[provider];
}
