import { describe, expect, it } from '@jest/globals';
import { Check } from '@heddle/contracts';
import { SandboxSpec } from '@heddle/contracts/internal';
import { tipTests, type CheckedLanding } from './tip-tests.js';

const check = (name: string, more: Partial<Check> = {}): Check =>
  Check.fromPartial({ name, command: ['run', name], ...more });

const landing = (
  id: string,
  checks: Check[],
  more: { readonly in?: string; readonly revertsId?: string } = {},
): CheckedLanding => ({
  id,
  revertsId: more.revertsId ?? null,
  spec: SandboxSpec.fromPartial({ checks, environmentId: more.in ?? 'e1', title: id, environmentVersion: 1 }),
});

const namesOf = ({ specs }: ReturnType<typeof tipTests>): string[][] =>
  specs.map(({ checks }) => checks.map(({ name }) => name));

describe('what the merge of a landing is tested with', () => {
  it('is its own checks and those of all before it that could keep them from landing, each once', () => {
    const tests = tipTests([
      landing('first', [check('unit'), check('own-of-first', { proves: ['c1'] }), check('style', { advisory: true })]),
      landing('second', [check('unit', { command: ['other'] })]),
      landing('third', [check('unit'), check('mine'), check('lint', { advisory: true })]),
    ]);
    expect(namesOf(tests)).toEqual([['unit', 'mine', 'lint', 'unit-2', 'own-of-first']]);
    expect(tests.newChecks).toEqual(['mine', 'lint']);
    expect(tests.specs[0]?.checks.at(-1)?.proves).toEqual([]);
    expect(tests.askedBy.get('unit')).toEqual(['third', 'first']);
    expect(tests.askedBy.get('unit-2')).toEqual(['second']);
  });

  it('is asked in the environment of whoever asks, as it is now, and never under another name of a landing', () => {
    const newer = landing('newer', [check('unit')], { in: 'e2' });
    const tests = tipTests([
      landing('older', [check('slow')], { in: 'e2' }),
      { ...newer, spec: { ...newer.spec, environmentVersion: 2 } },
      landing('mine', [check('unit')]),
    ]);
    expect(namesOf(tests)).toEqual([['unit'], ['unit-2', 'slow']]);
    const facts = tests.specs.map(({ environmentId, environmentVersion, title }) => [
      environmentId,
      environmentVersion,
      title,
    ]);
    expect(facts).toEqual([
      ['e1', 1, 'mine'],
      ['e2', 2, 'mine'],
    ]);
  });

  it('is nothing of what was taken back, and of what takes back nothing but what the others ask for', () => {
    const [bad, good] = [landing('bad', [check('has-bad')]), landing('good', [check('has-good')])];
    const revert = landing('revert', [check('has-bad')], { revertsId: 'bad' });
    expect(namesOf(tipTests([bad, good, revert]))).toEqual([['has-good']]);
    expect(tipTests([bad, good, revert]).newChecks).toEqual([]);
    expect(namesOf(tipTests([bad, good, revert, landing('next', [check('next')])]))).toEqual([['next', 'has-good']]);
    // Where there is nobody to ask for anything, rather the checks of before than none.
    expect(namesOf(tipTests([bad, revert]))).toEqual([['has-bad']]);
  });

  it('is one test without checks where nobody has any', () => {
    expect(namesOf(tipTests([landing('plain', [])]))).toEqual([[]]);
  });
});
