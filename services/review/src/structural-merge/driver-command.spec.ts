import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { driverArguments, driverCommand } from './driver-command.js';

const MERGIRAF = ['/usr/local/bin/mergiraf', 'merge', '--git', '%O', '%A', '%B', '-p', '%P'];
const faults = (text: string): string[] =>
  (driverCommand().safeParse(text).error?.issues ?? []).map(({ message }) => message);

describe('the setting of a structural merge driver', () => {
  it('is a program with arguments', () => {
    expect(driverCommand().parse(JSON.stringify(MERGIRAF))).toEqual(MERGIRAF);
    expect(faults('["/x","--base=%O","%A","%B","100%%"]')).toEqual([]);
  });

  it('can be what the page on reconciliations shows', async () => {
    const page = await readFile(new URL('../../../../docs/reconciling.md', import.meta.url), 'utf8');
    const [, shown = ''] = /^export HEDDLE_STRUCTURAL_MERGE='(.*)'$/m.exec(page) ?? [];
    expect(driverCommand().parse(shown)).toEqual(MERGIRAF);
  });

  it.each([
    '/usr/bin/mergiraf %O %A %B',
    '{}',
    '[]',
    '"x"',
    '["mergiraf","%O","%A","%B"]',
    '["/bin/%A","%O","%A","%B"]',
    '["/x",7,"%O","%A","%B"]',
    '["/x","","%O","%A","%B"]',
    '["/x","a\\u0000","%O","%A","%B"]',
  ])('is refused where it is something else: %s', (text) => {
    expect(faults(text)[0]).toMatch('must be a JSON array of texts: the absolute path of a program');
  });

  it.each([['["/x","%O","%A"]'], ['["/x"]'], ['["/x","%O","%%A","%B"]']])('needs all three versions: %s', (text) => {
    expect(faults(text)[0]).toMatch('must have %O, %A and %B');
  });

  it.each([['["/x","%O","%A","%B","%L"]'], ['["/x","%O","%A","%B","50%"]']])(
    'has no other placeholders: %s',
    (text) => {
      expect(faults(text)[0]).toMatch('has a placeholder that is none of');
    },
  );
});

describe('the arguments of a structural merge driver', () => {
  const command = ['/x', '%O', '%A', '%B', '--path=%P', '%P', '%%O'];
  const of = (path: string): string[] | undefined => driverArguments(command, Buffer.from(path));

  it('have the names of the versions and the path, each as one', () => {
    expect(of('a b/$(x) %A.ts')).toEqual(['base', 'ours', 'theirs', '--path=a b/$(x) %A.ts', 'a b/$(x) %A.ts', '%O']);
  });

  it('have no path that is an option', () => {
    expect(of('--output=x')?.[4]).toBe('./--output=x');
  });

  it('are none for a name that is no text', () => {
    expect(driverArguments(command, Buffer.from([0x66, 0xff]))).toBeUndefined();
  });
});
