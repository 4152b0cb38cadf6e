import { closeSync, fchownSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { Writable, type Readable } from 'node:stream';
import { ReadStream } from 'node:tty';
import { makePipe } from '../native/libc.js';
import { openPty, resizePty, type WindowSize } from '../native/pty.js';
import { errnoOf } from '../sandbox-error.js';

/** The platform's end of a program's input and outputs. All of them have to be destroyed. */
export interface AttachedStdio {
  readonly input: Writable;
  readonly output: Readable;
  /** Undefined where a terminal has both. */
  readonly errorOutput: Readable | undefined;
  /** Ignored where there is no terminal. */
  readonly resize: (window: WindowSize) => void;
}

export interface OpenedStdio {
  readonly platform: AttachedStdio;
  /** Descriptors for the program: to be closed here when it has them. */
  readonly program: { readonly stdin: number; readonly stdout: number; readonly stderr: number };
  readonly closeProgramEnds: () => void;
}

/** @param owner whoever runs the program may open its ends again by name (`> /dev/stderr`); undefined: this process's */
export function openTerminalStdio(window: WindowSize, owner: number | undefined): OpenedStdio {
  const { master, slave } = openPty(window);
  try {
    if (owner !== undefined) fchownSync(slave, owner, owner);
    const output = new ReadStream(master);
    const input = new PtyInput(master);
    // Said by the kernel when nobody has the other end open any more: the end of the output.
    output.on('error', () => output.destroy());
    output.once('close', () => input.destroy());
    const resize = (size: WindowSize): void => {
      if (!output.destroyed) resizePty(master, size);
    };
    return {
      platform: { input, output, errorOutput: undefined, resize },
      program: { stdin: slave, stdout: slave, stderr: slave },
      closeProgramEnds: () => {
        closeSync(slave);
      },
    };
  } catch (error) {
    closeSync(slave);
    throw error;
  }
}

export function openPipeStdio(owner: number | undefined): OpenedStdio {
  const [stdin, stdout, stderr] = [makePipe(), makePipe(), makePipe()];
  if (owner !== undefined) for (const fd of [stdin.read, stdout.write, stderr.write]) fchownSync(fd, owner, owner);
  const input = new Socket({ fd: stdin.write, readable: false, writable: true });
  // Nobody reads any more what is typed.
  input.on('error', () => input.destroy());
  const [output, errorOutput] = [stdout, stderr].map(({ read }) => {
    const stream = new Socket({ fd: read, readable: true, writable: false });
    stream.on('error', () => stream.destroy());
    return stream;
  }) as [Socket, Socket];
  return {
    platform: { input, output, errorOutput, resize: () => undefined },
    program: { stdin: stdin.read, stdout: stdout.write, stderr: stderr.write },
    closeProgramEnds: () => {
      for (const fd of [stdin.read, stdout.write, stderr.write]) closeSync(fd);
    },
  };
}

const RETRY_MS = 10;
/** What a terminal takes for the end of its input, unless its program has it taken otherwise. */
const END_OF_INPUT = Buffer.from([4]);

/** Node would wait in the middle of a write to a terminal for whoever has to read it, and with it the whole process. */
class PtyInput extends Writable {
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly fd: number) {
    super();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    try {
      const rest = chunk.subarray(writeSync(this.fd, chunk));
      if (rest.length === 0) done();
      else this.later(rest, done);
    } catch (error) {
      if (errnoOf(error) === 'EAGAIN') this.later(chunk, done);
      // The program's end is closed: nobody reads any more what is typed.
      else done();
    }
  }

  override _final(done: (error?: Error | null) => void): void {
    this._write(END_OF_INPUT, 'binary', done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.timer);
    done(error);
  }

  private later(rest: Buffer, done: (error?: Error | null) => void): void {
    this.timer = setTimeout(() => {
      if (!this.destroyed) this._write(rest, 'binary', done);
    }, RETRY_MS);
  }
}
