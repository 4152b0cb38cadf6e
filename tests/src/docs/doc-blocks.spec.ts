import { describe, expect, it } from '@jest/globals';
import { fencedBlocks, jsonExamples, shellBlocks } from './doc-blocks.js';

describe('the shell blocks of a page', () => {
  it('are those that open with sh, with what they need and where they stand', () => {
    const page = ['# Page', '```sh', 'one', 'two', '```', '```json', '{}', '```', '```sh grpcurl', 'three', '```'].join(
      '\n',
    );
    expect(shellBlocks(page)).toEqual([
      { needs: undefined, script: 'one\ntwo', line: 2 },
      { needs: 'grpcurl', script: 'three', line: 9 },
    ]);
  });
});

describe('a block that says why nothing runs it', () => {
  it('is none of those that are run, and is found with its reason', () => {
    const page = ['- A list', '', '  <!-- not executed: needs a key -->', '', '  ```sh', '  one', '  ```', ''].join(
      '\n',
    );
    expect(shellBlocks(page)).toEqual([]);
    expect(fencedBlocks(page)).toEqual([{ info: 'sh', text: 'one', line: 5, whyNotExecuted: 'needs a key' }]);
  });
});

describe('the examples of a page', () => {
  it('are the blocks of JSON that have a name', () => {
    const page = ['```json', '{ "a": 0 }', '```', '', '<!-- example: one -->', '', '```json', '{ "a": 1 }', '```'];
    expect([...jsonExamples(page.join('\n'))]).toEqual([['one', { a: 1 }]]);
  });
});
