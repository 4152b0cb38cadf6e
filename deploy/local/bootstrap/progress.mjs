/**
 * @param {NodeJS.WritableStream} stream
 * @returns {<T>(what: string, step: () => Promise<T>) => Promise<T>} runs a step and says what it was and how long it took
 */
export function progress(stream) {
  return async (what, step) => {
    const started = performance.now();
    // A terminal shows that something is going on; a log gets one line per step, when it is over.
    if (stream.isTTY) stream.write(`… ${what}`);
    const end = (mark) => {
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      stream.write(`${stream.isTTY ? '\r' : ''}${mark} ${what} (${seconds} s)\n`);
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
