import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout that this code runs from: services are started from their `dist` folders below it. */
export const REPOSITORY_ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', '..');
