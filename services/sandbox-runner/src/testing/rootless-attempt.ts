// Run as root of a user namespace: takes an attempt through its phases there, and says as JSON what came of it.
import { capture } from '../runner/phases/capture.phase.js';
import { provision } from '../runner/phases/provision.phase.js';
import { release } from '../runner/phases/release.phase.js';
import { runChecks } from '../runner/phases/run-checks.phase.js';
import { runTurn } from '../runner/phases/run-turn.phase.js';
import { RunnerHarness } from './runner-harness.js';

const [, , directory = ''] = process.argv;
process.env['HEDDLE_SANDBOX'] = 'rootless';

const harness = await RunnerHarness.start(
  directory,
  'echo hello >README.md; mkdir lib; echo lib >lib/keep; echo "*.log" >.gitignore',
);
const { context, signal } = harness;
const AGENT = 'git status --porcelain; mv lib library; rm README.md; echo x >new; echo y >a.log; setsid sleep 1000 &';
const owner = harness.attempt('a1', ['bash', '-c', AGENT], {
  checks: [harness.check('sees', 'test -e library/keep && test ! -e lib && test ! -e README.md && echo fine')],
});
const { boundary, missing } = await provision(context, owner, signal);
const turn = await runTurn(context, owner, 1, signal);
const { commit } = await capture(context, { owner, turn: 1, partial: false }, signal);
const files = await harness.store.list(commit);
const { checks } = await runChecks(context, { owner, turn: 1, commit }, signal);
await release(context, owner);
await harness.until(() => harness.publisher.hasEnded('a1'));
const lines = harness.publisher.texts('a1');
const left = await harness.stop();
process.stdout.write(
  JSON.stringify({
    boundary,
    missing,
    turn: turn.outcome,
    files,
    checks: checks.map(({ state }) => state),
    lines,
    left,
  }),
);
process.exit(0);
