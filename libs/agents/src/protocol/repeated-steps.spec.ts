import { describe, expect, it } from '@jest/globals';
import {
  AgentActivity_Kind as Kind,
  AgentActivity_Status as Status,
  FileEdit_Kind as EditKind,
} from '@heddle/contracts';
import { agentAdapter } from '../agent-registry.js';
import type { ReadActivity } from '../agent-adapter.js';
import { commandRun, fileChange, spoken, toolCall } from './activities.js';
import { RepeatedSteps } from './repeated-steps.js';
import { readLines, recorded } from './spec-support/read-lines.js';

const ran = (command: string, output = '', exitCode = 1): ReadActivity =>
  commandRun({ itemId: String(Math.random()), status: Status.FAILED, command, output, exitCode });
const read = (name: string, output: string): ReadActivity =>
  toolCall({ itemId: '', status: Status.SUCCEEDED, name: 'read', input: { name }, output });
const edit = (status: Status): ReadActivity =>
  fileChange({ itemId: '', status, workspace: '/w', edits: [{ path: 'a', kind: EditKind.MODIFIED }] });

function rowOf(...activities: readonly ReadActivity[]): number {
  const steps = new RepeatedSteps();
  for (const activity of activities) steps.add(activity);
  return steps.row;
}

describe('what an agent does in a row', () => {
  it('is the same whatever it says in between, and however it writes a command', () => {
    const said = spoken(Kind.MESSAGE, { text: 'once more' });
    expect(rowOf(ran('npm test'), said, ran(' npm  test\n'), ran('npm test'))).toBe(3);
    expect(rowOf(read('a', '1'), read('a', '1'))).toBe(2);
    expect(rowOf(edit(Status.FAILED), edit(Status.FAILED))).toBe(2);
  });

  it.each([
    ['another command', ran('npm run lint')],
    ['another output', ran('npm test', 'green')],
    ['another exit code', ran('npm test', '', 2)],
    ['a call of a tool', read('a', '1')],
  ])('begins anew with %s', (_what, other) => {
    expect(rowOf(ran('npm test'), ran('npm test'), other)).toBe(1);
    expect(rowOf(ran('npm test'), other, ran('npm test'))).toBe(1);
  });

  it.each([[2], [3], [4]])('is a round of %i steps as well', (length) => {
    const round = Array.from({ length }, (_, index) => ran(`step ${String(index)}`));
    const steps = new RepeatedSteps();
    for (const activity of Array.from({ length: 6 }, () => round).flat()) steps.add(activity);
    expect(steps.row).toBe(6);
    expect(steps.worst.step.split(', ').sort()).toEqual(round.map(({ summary }) => summary));
    steps.add(ran('step 0', 'another output'));
    expect(steps.row).toBe(1);
    steps.add(edit(Status.SUCCEEDED));
    expect(steps.row).toBe(0);
  });

  it('is no round where each comes with something new', () => {
    const rounds = Array.from({ length: 6 }, (_, index) => [ran('npm test', String(index)), read('a', '1')]);
    expect(rowOf(...rounds.flat())).toBe(1);
    // Five steps are not one round.
    const five = Array.from({ length: 5 }, (_, index) => ran(`step ${String(index)}`));
    expect(rowOf(...five, ...five, ...five)).toBe(1);
  });

  it('ends with an edit that went well', () => {
    expect(rowOf(ran('npm test'), edit(Status.SUCCEEDED))).toBe(0);
    expect(rowOf(edit(Status.SUCCEEDED), edit(Status.SUCCEEDED), ran('npm test'))).toBe(1);
  });

  it('is kept at its longest, with its words', () => {
    const steps = new RepeatedSteps();
    for (const activity of [ran('a'), ran('a'), ran('b')]) steps.add(activity);
    expect(steps.worst).toEqual({ row: 2, step: 'a' });
  });

  it.each(['CODEX', 'CLAUDE_CODE', 'GEMINI'])('is seen in what %s prints when it goes round in circles', (kind) => {
    const folder = kind.toLowerCase().replace('_', '-');
    const steps = new RepeatedSteps();
    for (const activity of readLines(agentAdapter(kind), recorded(folder, 'same-command-for-ever')).activities)
      steps.add(activity);
    expect(steps.worst.row).toBeGreaterThan(3);
  });
});
