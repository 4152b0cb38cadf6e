import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { FakeServer, type Routes } from '@heddle/sdk/testing';
import { runCli } from '../run-cli.js';
import { MemoryKeyboard } from './memory-keyboard.js';
import { MemorySink } from './memory-sink.js';
import { NOW } from './samples.js';

export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface HeddleCommand {
  readonly server: FakeServer;
  /** Runs one command line against a server with these answers. */
  run(routes: Routes, ...args: readonly string[]): Promise<Run>;
}

/** The command on a server that answers by routes, for the specs of one file. */
export function useHeddleCommand(stdin = ''): HeddleCommand {
  const server = new FakeServer();
  beforeAll(() => server.start());
  afterEach(() => {
    server.serve({});
    server.seen.length = 0;
  });
  afterAll(() => server.stop());
  return {
    server,
    async run(routes, ...args) {
      server.serve(routes);
      const [stdout, stderr] = [new MemorySink(), new MemorySink()];
      const code = await runCli({
        args,
        env: { HEDDLE_URL: server.url, HEDDLE_TOKEN: 't' },
        stdout,
        stderr,
        signal: new AbortController().signal,
        version: '9.9.9',
        now: () => NOW,
        readStdin: () => Promise.resolve(stdin),
        keyboard: new MemoryKeyboard(),
      });
      return { code, stdout: stdout.text, stderr: stderr.text };
    },
  };
}
