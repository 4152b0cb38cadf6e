import type { CreateEnvironmentInput } from '@heddle/sdk';
import { parseMapping } from './mapping-file.js';

/** The body of CreateEnvironment or UpdateEnvironment; what the fields may hold is the server's to say. */
export function parseEnvironmentFile(text: string, source: string): CreateEnvironmentInput {
  return parseMapping(text, source, 'a mapping of the fields of an environment', EXAMPLE);
}

const EXAMPLE = `An environment file looks like this:
  name: node
  setup: { script: npm ci, inputs: [package-lock.json] }
  network:
    setup: [{ preset: NPM }]
    agent: [{ host: api.example.com, methods: [POST], pathPrefix: /v1 }]
  limits: { memoryBytes: "4294967296", processes: 512 }
  checks:
    - { name: unit, command: [npm, test], timeout: 120s }`;
