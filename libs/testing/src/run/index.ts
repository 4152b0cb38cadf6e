export { childrenOf, type ChildProcessInfo } from './children.js';
export { beginTestRun, endTestRun } from './test-run.js';
