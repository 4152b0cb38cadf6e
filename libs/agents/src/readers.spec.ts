import { readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { AgentActivity_Status as Status } from '@heddle/contracts';
import { AGENT_FAILURES } from '@heddle/domain';
import fc from 'fast-check';
import { AGENT_KINDS, agentAdapter } from './agent-registry.js';
import { readLines, recorded, type Reading } from './protocol/spec-support/read-lines.js';

const kinds = AGENT_KINDS.filter((kind) => agentAdapter(kind).capabilities.reportsActivity);
const folderOf = (kind: string): string => kind.toLowerCase().replaceAll('_', '-');
const fixtures = (kind: string): (readonly [string, string[]])[] =>
  readdirSync(new URL(`./${folderOf(kind)}/fixtures`, import.meta.url))
    .filter((file) => file.endsWith('.jsonl'))
    .map((file) => {
      const name = file.replace('.jsonl', '');
      return [name, recorded(folderOf(kind), name)];
    });

/** What every reading is, whatever the lines were. */
function expectSound({ activities, report }: Reading): void {
  for (const activity of activities) {
    expect(Buffer.byteLength(activity.summary)).toBeLessThanOrEqual(200);
    expect(activity.summary).not.toMatch(/[\n\0\u001b]/);
    expect(Buffer.byteLength(activity.text)).toBeLessThanOrEqual(16 * 1024);
    expect(activity.reason === '' || activity.reason in AGENT_FAILURES).toBe(true);
  }
  expect(report.completed).toBe(report.failure === undefined);
  if (report.failure !== undefined) expect(Object.keys(AGENT_FAILURES)).toContain(report.failure.reason);
  if (report.conversationId !== undefined) expect(report.conversationId).toMatch(/^[A-Za-z0-9][\w-]*$/);
}

describe.each(kinds)('the reader of %s', (kind) => {
  const adapter = agentAdapter(kind);
  const runs = fixtures(kind);
  const lines = runs.map(([, run]) => run);
  const records = lines.flat().map((line) => JSON.parse(line) as Record<string, unknown>);

  it('bears any lines', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.json()), { maxLength: 5 }), (any) => {
        expectSound(readLines(adapter, any));
      }),
    );
  });

  it('bears records of its program with anything in them', () => {
    const broken = fc
      .tuple(fc.constantFrom(...records), fc.nat(), fc.jsonValue())
      .map(([record, at, value]) => JSON.stringify(spoil(record, at, value)));
    fc.assert(
      fc.property(fc.array(broken, { minLength: 1, maxLength: 8 }), (any) => {
        expectSound(readLines(adapter, any));
      }),
      { numRuns: 300 },
    );
  });

  it('bears lines that are cut anywhere', () => {
    fc.assert(
      fc.property(fc.constantFrom(...lines.flat()), fc.nat(), (line, at) => {
        expect(readLines(adapter, [line.slice(0, at % line.length)]).activities).toEqual([]);
      }),
    );
  });

  it('says the same of the same lines after a restart, and of a run’s beginning what it said then', () => {
    for (const run of lines) {
      const whole = readLines(adapter, run);
      expectSound(whole);
      expect(readLines(adapter, run)).toEqual(whole);
      for (let count = 0; count < run.length; count++) {
        const { activities } = readLines(adapter, run.slice(0, count));
        expect(whole.activities.slice(0, activities.length)).toEqual(activities);
      }
    }
  });

  // A command that is interrupted by hand has no end in what codex prints.
  it.each(runs.filter(([name]) => name !== 'interrupt-in-command'))('ends in %s what it began', (_name, run) => {
    const { activities, report } = readLines(adapter, run);
    const ids = (isStart: boolean): string[] =>
      activities.filter(({ status }) => (status === Status.STARTED) === isStart).map(({ itemId }) => itemId);
    if (report.completed) expect(ids(false)).toEqual(expect.arrayContaining(ids(true)));
  });
});

/** The record with one of its values, counted through all levels, replaced. */
function spoil(record: unknown, at: number, value: unknown): unknown {
  const paths = pathsOf(record);
  const path = paths[at % paths.length] ?? [];
  const copy = structuredClone(record);
  let place = copy as Record<string, unknown>;
  for (const key of path.slice(0, -1)) place = place[key] as Record<string, unknown>;
  place[path.at(-1) ?? 'type'] = value;
  return copy;
}

function pathsOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [
    ...(path.length === 0 ? [] : [path]),
    ...Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, [...path, key])),
  ];
}
