import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { canLandingMove, judgeApprovals, LANDING_STATES, type GivenVerdict } from '@heddle/domain';
import { fencedBlocks } from './doc-blocks.js';

/** `FROM --> TO` of each arrow between two states of the page's only diagram. */
function arrowsOf(page: string): string[] {
  const markdown = readFileSync(new URL(`../../../docs/${page}`, import.meta.url), 'utf8');
  const diagrams = fencedBlocks(markdown).filter(({ info }) => info === 'mermaid');
  expect(diagrams).toHaveLength(1);
  const arrows = [...(diagrams[0]?.text.matchAll(/^ *(\w+) --> (\w+)/gm) ?? [])];
  return arrows.map(([, from = '', to = '']) => `${from} --> ${to}`).sort();
}

function decidedBy(...decisions: GivenVerdict['decision'][]): string {
  const verdicts = decisions.map((decision, index) => ({ id: String(index), principal: 'ben', decision }));
  return judgeApprovals({ required: 1, selfApproval: true, ownerPrincipals: new Map() }, verdicts, [], '').state;
}

describe('the pictures of states', () => {
  it('of a landing have the moves that there are', () => {
    const moves = LANDING_STATES.filter((from) => from !== 'NONE').flatMap((from) =>
      LANDING_STATES.filter((to) => canLandingMove(from, to)).map((to) => `${from} --> ${to}`),
    );
    expect(arrowsOf('landing.md')).toEqual(moves.sort());
  });

  it('of a review have what decisions and their end make of it', () => {
    const decisions = ['APPROVE', 'REQUEST_CHANGES', 'REJECT'] as const;
    const moves = decisions.flatMap((first) => [
      `${decidedBy()} --> ${decidedBy(first)}`,
      `${decidedBy(first)} --> ${decidedBy()}`,
      ...decisions.filter((next) => next !== first).map((next) => `${decidedBy(first)} --> ${decidedBy(first, next)}`),
    ]);
    expect(arrowsOf('reviewing.md')).toEqual(moves.sort());
  });
});
