import { describe, expect, it } from '@jest/globals';
import type { EgressCredential, EgressGrant, EgressRule } from './egress-grant.js';
import { RuleSet } from './rule-set.js';

const rule = (host: string, more: Partial<EgressRule> = {}): EgressRule => ({
  host,
  ports: [],
  methods: [],
  pathPrefix: '',
  ...more,
});

const credential = (more: Partial<EgressCredential> = {}): EgressCredential => ({
  name: 'model key',
  hosts: ['api.example'],
  methods: ['POST'],
  pathPrefix: '/v1',
  header: 'Authorization',
  format: 'Bearer {value}',
  value: 'a long secret',
  ...more,
});

const rulesOf = (grant: Partial<EgressGrant>): RuleSet =>
  new RuleSet({ rules: [], credentials: [], privateHosts: [], ...grant });

describe('RuleSet', () => {
  it('allows what a rule names, on 443 unless it says otherwise', () => {
    const rules = rulesOf({ rules: [rule('a.example'), rule('b.example', { ports: [80, 8080] })] });
    expect(rules.decideHost('a.example', 443)).toEqual({ allowed: true });
    expect(rules.decideHost('b.example', 8080)).toEqual({ allowed: true });
    expect(rules.decideHost('b.example', 443)).toMatchObject({ reason: 'PORT_NOT_ALLOWED' });
    expect(rules.decideHost('c.example', 443)).toEqual({
      allowed: false,
      reason: 'HOST_NOT_ALLOWED',
      suggestion: rule('c.example', { ports: [443] }),
    });
  });

  it('takes *.suffix for what is below the suffix only', () => {
    const rules = rulesOf({ rules: [rule('*.example.com')] });
    expect(rules.decideHost('a.b.example.com', 443).allowed).toBe(true);
    expect(rules.decideHost('example.com', 443).allowed).toBe(false);
    expect(rules.decideHost('evilexample.com', 443).allowed).toBe(false);
    expect(rules.decideHost('example.com.evil.test', 443).allowed).toBe(false);
  });

  it('decides by method and path, and says what would allow it', () => {
    const rules = rulesOf({ rules: [rule('a.example', { methods: ['get'], pathPrefix: '/v1' })] });
    expect(rules.decideRequest('a.example', 443, 'GET', '/v1/x?q').allowed).toBe(true);
    expect(rules.decideRequest('a.example', 443, 'POST', '/v1/x')).toMatchObject({ reason: 'METHOD_NOT_ALLOWED' });
    expect(rules.decideRequest('a.example', 443, 'GET', '/v2/x?q')).toEqual({
      allowed: false,
      reason: 'PATH_NOT_ALLOWED',
      suggestion: rule('a.example', { ports: [443], methods: ['GET'], pathPrefix: '/v2/x' }),
    });
  });

  it('ends TLS for rules with method or path and for hosts of credentials, and names them', () => {
    const rules = rulesOf({
      rules: [rule('passed.example'), rule('*.scoped.example', { methods: ['GET'] }), rule('api.example')],
      credentials: [credential()],
    });
    expect(rules.endsTls('passed.example', 443)).toBe(false);
    expect(rules.endsTls('a.scoped.example', 443)).toBe(true);
    expect(rules.endsTls('api.example', 443)).toBe(true);
    expect(rules.interceptedNames()).toEqual(['api.example', 'scoped.example']);
  });

  it('gives a credential to requests of its scope only, and allows nothing by it', () => {
    const rules = rulesOf({ credentials: [credential()] });
    const at = (host: string) => ({ scheme: 'https' as const, host, port: 443 });
    expect(rules.credentialsFor(at('api.example'), 'POST', '/v1/messages')).toHaveLength(1);
    expect(rules.credentialsFor(at('api.example'), 'GET', '/v1/messages')).toHaveLength(0);
    expect(rules.credentialsFor(at('api.example'), 'POST', '/v1/../admin')).toHaveLength(0);
    expect(rules.credentialsFor(at('www.api.example'), 'POST', '/v1/messages')).toHaveLength(0);
    expect(rules.decideHost('api.example', 443).allowed).toBe(false);
  });

  it('gives a credential to its ports only, and over TLS unless it says otherwise', () => {
    const place = { scheme: 'https' as const, host: 'api.example', port: 8443 };
    const there = (more: Partial<EgressCredential>, change: object = {}): boolean =>
      rulesOf({ credentials: [credential(more)] }).hasCredentials({ ...place, ...change });
    expect(there({})).toBe(true);
    expect(there({ ports: [8443] })).toBe(true);
    expect(there({ ports: [8443] }, { port: 443 })).toBe(false);
    expect(there({}, { scheme: 'http' })).toBe(false);
    expect(there({ plain: true }, { scheme: 'http' })).toBe(true);
    expect(there({ plain: true, ports: [80] }, { scheme: 'http' })).toBe(false);
  });

  it('knows private hosts with and without a port', () => {
    const rules = rulesOf({ privateHosts: ['Mirror.example', 'model.example:8000'] });
    expect(rules.mayBePrivate('mirror.example', 1234)).toBe(true);
    expect(rules.mayBePrivate('model.example', 8000)).toBe(true);
    expect(rules.mayBePrivate('model.example', 22)).toBe(false);
  });

  it.each<[string, Partial<EgressGrant>]>([
    ['an address', { rules: [rule('10.0.0.1')] }],
    ['a bare star', { rules: [rule('*')] }],
    ['a star elsewhere', { rules: [rule('a.*.example')] }],
    ['a relative prefix', { rules: [rule('a.example', { pathPrefix: 'v1' })] }],
    ['a short secret', { credentials: [credential({ value: 'short' })] }],
    ['a secret with a line break', { credentials: [credential({ value: 'a long\r\nsecret' })] }],
    ['a format without the secret', { credentials: [credential({ format: 'Bearer' })] }],
    ['a private address', { privateHosts: ['10.0.0.1'] }],
  ])('refuses %s in a grant', (_, grant) => expect(() => rulesOf(grant)).toThrow(RangeError));

  it('does not tell a secret when it refuses it', () => {
    expect(() => rulesOf({ credentials: [credential({ value: 'a long\nsecret' })] })).toThrow(
      /^the credential model key/,
    );
  });
});
