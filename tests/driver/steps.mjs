import { checked } from './static-check.mjs';
import { jestTier } from './jest-tier.mjs';
import { build } from './build.mjs';

const CODE = ['libs', 'services', 'clients', 'deploy', 'tests/src'];

/**
 * In the order in which they fail fastest. Static checks count as one test each.
 * @param {{ match?: string }} options
 * @returns {{ name: string, always?: boolean, needsBuild?: boolean, run: () => Promise<import('./outcome.mjs').Outcome> }[]}
 */
export function steps({ match }) {
  return [
    { name: 'types', always: true, run: build },
    { name: 'format', run: checked('prettier', ['--check', '--log-level', 'warn', '.']) },
    { name: 'lint', needsBuild: true, run: checked('eslint', ['.', '--max-warnings', '0']) },
    {
      name: 'boundaries',
      needsBuild: true,
      run: checked('depcruise', ['--config', '.dependency-cruiser.cjs', ...CODE]),
    },
    { name: 'unused', needsBuild: true, run: checked('knip', ['--no-progress', '--no-config-hints']) },
    { name: 'proto', run: checked('buf', ['lint', 'proto']) },
    { name: 'unit', needsBuild: true, run: jestTier('unit', { workers: 2, match }) },
    { name: 'integration', needsBuild: true, run: jestTier('integration', { workers: 2, match }) },
    { name: 'e2e', needsBuild: true, run: jestTier('e2e', { workers: 1, match }) },
  ];
}
