import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));
const projects = ['libs', 'services', 'clients', 'deploy'].flatMap((folder) =>
  readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name),
);

export default {
  extends: ['@commitlint/config-conventional'],
  rules: {
    // The projects, and what belongs to none of them.
    'scope-enum': [2, 'always', [...projects, 'tests', 'proto', 'docs', 'ci', 'deps', 'repo']],
    'scope-empty': [2, 'never'],
    'subject-case': [0],
    'body-max-line-length': [2, 'always', 140],
    'footer-max-line-length': [0],
  },
};
