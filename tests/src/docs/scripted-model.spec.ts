import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY_ROOT } from '@heddle/local';
import { parseScenario } from '@heddle/testing/scripted-model';
import { jsonExamples } from './doc-blocks.js';

describe('docs/scripted-model.md', () => {
  it('shows a scenario that the scripted model takes', () => {
    const page = readFileSync(join(REPOSITORY_ROOT, 'docs', 'scripted-model.md'), 'utf8');
    const example = jsonExamples(page).get('scenario');

    expect(parseScenario(example).conversations.map(({ name }) => name)).toEqual([
      'greeting',
      'stuck',
      'anything else',
    ]);
  });
});
