export { type RunnerConfig } from './runner/runner.config.js';
export { captureTree, type CaptureBase, type CapturedTree } from './runner/capture/capture-tree.js';
export { deltaLayer } from './runner/layers/delta-layer.js';
export { makeBaseCheckout, type BaseCheckout } from './runner/repositories/base-checkout.js';
