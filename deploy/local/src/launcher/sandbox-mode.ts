import { isRoot } from '../servers/directories.js';
import { SetupError } from '../servers/setup.error.js';

const MODES = ['', 'container', 'rootless', 'rootless-weak', 'unsafe-host'];

/**
 * Says before anything is built or started what the supervisor would refuse minutes later.
 * @throws {SetupError} SETTING_INVALID
 */
export function checkSandboxMode(env: NodeJS.ProcessEnv): void {
  const mode = env['HEDDLE_SANDBOX'] ?? '';
  if (!MODES.includes(mode)) {
    throw new SetupError('SETTING_INVALID', `HEDDLE_SANDBOX is ${JSON.stringify(mode)}, which is no mode.`, [
      'leave it unset for the full sandbox, as root',
      'HEDDLE_SANDBOX=rootless or rootless-weak as an ordinary user, HEDDLE_SANDBOX=unsafe-host for no sandbox at all',
    ]);
  }
  if (mode === 'rootless' && !isRoot()) {
    throw new SetupError(
      'SETTING_INVALID',
      'HEDDLE_SANDBOX=rootless is for root of a user namespace, and this is an ordinary user.',
      [
        'give the user a range in /etc/subuid and /etc/subgid, and start by: unshare --user --map-root-user --map-auto --mount npm start',
        'accept a weaker boundary: HEDDLE_SANDBOX=rootless-weak',
      ],
    );
  }
  if ((mode !== '' && mode !== 'container') || isRoot()) return;
  throw new SetupError(
    'SETTING_INVALID',
    'The full sandbox (and containers) need root, and this is an ordinary user.',
    [
      'start Heddle as root',
      'or as root of a user namespace: HEDDLE_SANDBOX=rootless',
      'accept a weaker boundary: HEDDLE_SANDBOX=rootless-weak',
    ],
  );
}
