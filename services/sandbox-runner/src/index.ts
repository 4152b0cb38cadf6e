export { type RunnerConfig } from './runner/runner.config.js';
