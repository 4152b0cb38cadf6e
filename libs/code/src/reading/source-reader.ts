import { fork, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { SourceAnswer, SourceQuestion } from '../entities/read-source.js';
import { languageOf } from '../languages/languages.js';
import type { ReaderQuestion } from './main.js';

export interface SourceReaderOptions {
  /** The program that parses. */
  readonly program?: string;
  /** For one text; then its process is killed. Default 5 s. */
  readonly timeoutMs?: number;
  /** Longer texts are not parsed. Default 512 KiB. */
  readonly maxBytes?: number;
  /** Default: one for each processor, at most 4. */
  readonly processes?: number;
}

export type SourceOutcome =
  | { readonly kind: 'READ'; readonly answer: SourceAnswer }
  /** `reason`: too large, no text, too slow, or the words of a failure. */
  | { readonly kind: 'UNREAD'; readonly reason: string };

interface Waiting {
  readonly question: ReaderQuestion;
  readonly settle: (outcome: SourceOutcome) => void;
}

const IDLE_MS = 10_000;
const DEFAULTS = { timeoutMs: 5_000, maxBytes: 512 * 1024 };
const MEMORY_BYTES = 1024 ** 3;

/**
 * Reads source texts that anybody may have written, in processes of their own with a limit of memory and of time.
 * A process serves one text at a time, starts when it is needed and ends when it has been idle for 10 s.
 */
export class SourceReader {
  private readonly queue: Waiting[] = [];
  private readonly workers = new Set<Worker>();
  private readonly processes: number;

  constructor(private readonly options: SourceReaderOptions = {}) {
    this.processes = options.processes ?? Math.min(4, availableParallelism());
  }

  /** Never rejects: a text that cannot be read is an answer too. Undefined: it is of no known language. */
  async read(
    path: string,
    content: Buffer,
    question: Omit<SourceQuestion, 'text'> = {},
  ): Promise<SourceOutcome | undefined> {
    const language = languageOf(path);
    if (language === undefined) return undefined;
    if (content.length > (this.options.maxBytes ?? DEFAULTS.maxBytes)) return { kind: 'UNREAD', reason: 'too large' };
    const text = content.toString('utf8');
    if (text.includes('\0') || text.includes('\ufffd')) return { kind: 'UNREAD', reason: 'no text' };
    return new Promise((settle) => {
      this.queue.push({ question: { language: language.name, text, ...question }, settle });
      this.work();
    });
  }

  /** Ends its processes; what waits is answered `UNREAD`. */
  close(): void {
    for (const { settle } of this.queue.splice(0)) settle({ kind: 'UNREAD', reason: 'closed' });
    for (const worker of this.workers) worker.end();
  }

  private work(): void {
    while (this.queue.length > 0) {
      const idle = [...this.workers].find((worker) => worker.isIdle);
      if (idle === undefined && this.workers.size >= this.processes) return;
      const worker = idle ?? this.start();
      const next = this.queue.shift();
      if (next !== undefined) worker.ask(next);
    }
  }

  private start(): Worker {
    const worker = new Worker(
      this.options.program ?? fileURLToPath(new URL('./main.js', import.meta.url)),
      this.options.timeoutMs ?? DEFAULTS.timeoutMs,
      () => this.work(),
      () => {
        this.workers.delete(worker);
        this.work();
      },
    );
    this.workers.add(worker);
    return worker;
  }
}

class Worker {
  private readonly child: ChildProcess;
  private current: Waiting | undefined;
  private timer: NodeJS.Timeout | undefined;
  private reason = 'the parser ended';
  private ending = false;

  constructor(
    program: string,
    private readonly timeoutMs: number,
    private readonly onIdle: () => void,
    onEnd: () => void,
  ) {
    this.child = fork(program, [], {
      // Of the platform's environment it needs, and gets, nothing but where programs are.
      env: { PATH: process.env['PATH'] },
      execPath: 'prlimit',
      execArgv: [`--data=${String(MEMORY_BYTES)}`, '--core=0', '--', process.execPath, '--max-old-space-size=256'],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.child.on('message', (said: SourceAnswer | { readonly failed: string }) => {
      this.settle('failed' in said ? { kind: 'UNREAD', reason: said.failed } : { kind: 'READ', answer: said });
      this.timer = setTimeout(() => this.end(), IDLE_MS);
      this.timer.unref();
      this.onIdle();
    });
    this.child.once('error', (error) => {
      this.reason = error.message;
    });
    let ended = false;
    for (const event of ['exit', 'error'] as const) {
      this.child.once(event, () => {
        if (ended) return;
        ended = true;
        onEnd();
        this.settle({ kind: 'UNREAD', reason: this.reason });
      });
    }
    this.child.unref();
    this.child.channel?.unref();
  }

  get isIdle(): boolean {
    return this.current === undefined && !this.ending && this.child.connected;
  }

  ask(waiting: Waiting): void {
    clearTimeout(this.timer);
    this.current = waiting;
    // Somebody waits: the process that asked must not end before the answer.
    this.child.ref();
    this.child.channel?.ref();
    this.timer = setTimeout(() => {
      this.reason = 'too slow';
      this.end();
    }, this.timeoutMs);
    this.child.send(waiting.question, (error) => {
      if (error !== null) this.end();
    });
  }

  end(): void {
    this.ending = true;
    this.child.kill('SIGKILL');
  }

  private settle(outcome: SourceOutcome): void {
    clearTimeout(this.timer);
    const { current } = this;
    this.current = undefined;
    this.child.unref();
    this.child.channel?.unref();
    current?.settle(outcome);
  }
}
