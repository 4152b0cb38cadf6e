import { describe, expect, it } from '@jest/globals';
import { forgeApiUrl, pathAtForge } from './forge-provider.js';

describe('a repository at a forge', () => {
  it.each([
    ['GITHUB', 'https://github.com', 'https://github.com/acme/shop.git', 'acme/shop'],
    ['GITHUB', 'https://github.com', 'https://github.com/acme/shop', 'acme/shop'],
    ['GITLAB', 'https://gitlab.example', 'https://gitlab.example/acme/web/shop.git/', 'acme/web/shop'],
    ['GITEA', 'http://127.0.0.1:3000/git', 'http://127.0.0.1:3000/git/acme/shop.js.git', 'acme/shop.js'],
  ] as const)('%s: has its path there', (provider, baseUrl, url, path) => {
    expect(pathAtForge(provider, baseUrl, url)?.join('/')).toBe(path);
  });

  it.each([
    ['another host', 'https://forge.example', 'https://forge.example.evil.net/acme/shop.git'],
    ['another protocol', 'https://forge.example', 'http://forge.example/acme/shop.git'],
    ['another port', 'https://forge.example', 'https://forge.example:8443/acme/shop.git'],
    ['beside the place of the forge', 'https://forge.example/git', 'https://forge.example/gitother/acme/shop.git'],
    ['out of the place of the forge', 'https://forge.example/git', 'https://forge.example/git/../acme/shop.git'],
    ['no owner', 'https://forge.example', 'https://forge.example/shop.git'],
    ['too deep', 'https://forge.example', 'https://forge.example/acme/web/shop.git'],
    ['escapes', 'https://forge.example', 'https://forge.example/acme/sh%2fop.git'],
    ['a query', 'https://forge.example', 'https://forge.example/acme/shop.git?x=1'],
    ['a path of the host', 'https://forge.example', '/srv/git/acme/shop.git'],
    ['ssh', 'https://forge.example', 'git@forge.example:acme/shop.git'],
  ])('is none: %s', (_, baseUrl, url) => {
    expect(pathAtForge('GITEA', baseUrl, url)).toBeUndefined();
  });

  it('is asked about at the API of its forge', () => {
    expect(forgeApiUrl('GITHUB', 'https://github.com')).toBe('https://api.github.com');
    expect(forgeApiUrl('GITHUB', 'https://ghe.example')).toBe('https://ghe.example/api/v3');
    expect(forgeApiUrl('GITLAB', 'https://gitlab.com')).toBe('https://gitlab.com/api/v4');
    expect(forgeApiUrl('GITEA', 'https://git.example/x')).toBe('https://git.example/x/api/v1');
  });
});
