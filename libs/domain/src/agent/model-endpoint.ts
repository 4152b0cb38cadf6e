/** Words of the API for who serves a model, which decides what protocol it speaks. */
export type ModelProvider = 'OPENAI' | 'ANTHROPIC' | 'GEMINI' | 'OPENAI_COMPATIBLE';

/** Where an agent's model is, as the sandbox reaches it. */
export interface ModelEndpoint {
  readonly provider: ModelProvider;
  /** Without a slash at its end, for example `https://models.example.com/v1`. */
  readonly baseUrl: string;
}
