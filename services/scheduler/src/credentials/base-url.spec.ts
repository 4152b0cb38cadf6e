import { describe, expect, it } from '@jest/globals';
import { baseUrlFault, normalBaseUrl } from './base-url.js';

const PRIVATE = ['models.test', 'gpu.test:8080'];

describe("a model's address", () => {
  it.each([
    ['https://api.openai.com/v1', 'https://api.openai.com/v1'],
    ['https://api.anthropic.com', 'https://api.anthropic.com'],
    ['HTTPS://API.example/v1//', 'https://api.example/v1'],
    ['https://api.example:443/', 'https://api.example'],
    ['https://api.example:8443/a/b', 'https://api.example:8443/a/b'],
    ['http://models.test:9000/v1', 'http://models.test:9000/v1'],
    ['http://gpu.test:8080', 'http://gpu.test:8080'],
  ])('takes %s', (text, normal) => {
    expect(baseUrlFault(text, PRIVATE)).toBeUndefined();
    expect(normalBaseUrl(text)).toBe(normal);
  });

  it.each([
    '',
    'api.example/v1',
    'ftp://api.example',
    'https://me:secret@api.example',
    'https://me@api.example',
    'https://api.example/v1?key=x',
    'https://api.example/v1#x',
    'https://*.example',
    'https://10.0.0.1/v1',
    'https://0x7f.1',
    'https://[::1]/v1',
    'https://localhost:8080',
    'https://api.example/v1/../admin',
    'https://api.example/v1%2f..',
    'https://api.example/a;b',
    'http://api.example/v1',
    'http://gpu.test:8081',
    'http://gpu.test',
    `https://api.example/${'a'.repeat(1_024)}`,
  ])('refuses %j', (text) => {
    expect(baseUrlFault(text, PRIVATE)).toEqual(expect.any(String));
  });

  it('says what lets a host be reached in the clear', () => {
    expect(baseUrlFault('http://gpu.test/v1', PRIVATE)).toContain(
      'again with HEDDLE_EGRESS_PRIVATE_HOSTS=gpu.test:80 ',
    );
  });
});
