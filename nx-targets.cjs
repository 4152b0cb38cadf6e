// Gives every package the same targets, so that `npx nx affected -t test` runs what a change can break. Nx knows the
// packages and what depends on what from their package.json files.
const { dirname } = require('node:path');

const jest = (project, folder) => ({
  command: `node --experimental-vm-modules node_modules/jest/bin/jest.js --selectProjects ${project} --testPathPatterns ${folder}/ --passWithNoTests`,
  dependsOn: ['build'],
  options: { cwd: '{workspaceRoot}' },
});

const targetsOf = (folder) => ({
  build: { command: `tsc -b ${folder}`, options: { cwd: '{workspaceRoot}' } },
  lint: { command: `eslint ${folder}`, options: { cwd: '{workspaceRoot}' }, dependsOn: ['build'] },
  test: { ...jest('unit', folder), cache: true, inputs: ['default', '^default', '{workspaceRoot}/jest.config.cjs'] },
  integration: jest('integration', folder),
});

module.exports = {
  name: 'heddle-targets',
  createNodesV2: [
    '{libs,services,clients,deploy,tests}/**/package.json',
    (files) =>
      files
        .filter((file) => !file.includes('/fixtures/'))
        .map((file) => [file, { projects: { [dirname(file)]: { targets: targetsOf(dirname(file)) } } }]),
  ],
};
