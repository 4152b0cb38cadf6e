const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const children = new Set();
let isEnding = false;

/** @param {import('node:child_process').ChildProcess} child ended with this process while `endWithChildren` holds */
export function noteChild(child) {
  children.add(child);
  const forget = () => children.delete(child);
  child.once('close', forget).once('error', forget);
}

/** What a child says of its end is no failure of it any more. */
export function endsBySignal() {
  return isEnding;
}

/**
 * From now on a signal that ends this process ends its children first: an install or a compiler that nobody waits for
 * would go on writing. A second signal ends this process at once.
 * @returns {() => void} lets signals be somebody else's matter again
 */
export function endWithChildren() {
  const stop = () => {
    for (const signal of SIGNALS) process.removeListener(signal, end);
  };
  const end = async (signal) => {
    stop();
    isEnding = true;
    const ended = [...children].map((child) => new Promise((resolve) => child.once('close', resolve)));
    for (const child of children) child.kill('SIGTERM');
    await Promise.all(ended);
    process.kill(process.pid, signal);
  };
  for (const signal of SIGNALS) process.on(signal, end);
  return stop;
}
