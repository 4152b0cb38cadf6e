/**
 * @param {NodeJS.WritableStream} stream
 * @param {number} everyMs how often a log that is no terminal hears that a step still goes on
 * @returns {<T>(what: string, step: () => Promise<T>) => Promise<T>} runs a step and says what it was and how long it took
 */
export function progress(stream, everyMs = 20_000) {
  return async (what, step) => {
    const started = performance.now();
    const seconds = () => ((performance.now() - started) / 1000).toFixed(1);
    // A terminal shows that something is going on; a log gets one line per step when it is over, and more of a long one.
    if (stream.isTTY) stream.write(`… ${what}`);
    const ticker = stream.isTTY
      ? undefined
      : setInterval(() => stream.write(`… waiting for: ${what} (${seconds()} s)\n`), everyMs);
    const end = (mark) => {
      clearInterval(ticker);
      stream.write(`${stream.isTTY ? '\r' : ''}${mark} ${what} (${seconds()} s)\n`);
    };
    try {
      const result = await step();
      end('✓');
      return result;
    } catch (error) {
      end('✗');
      throw error;
    }
  };
}
