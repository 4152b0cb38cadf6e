import { readFileSync } from 'node:fs';

let cached: Buffer | undefined;

/** The generated OpenAPI 3.1 document of the public API, as bytes of JSON. */
export function openapiDocument(): Buffer {
  cached ??= readFileSync(new URL('../../openapi.json', import.meta.url));
  return cached;
}
