import koffi from 'koffi';

/** The last failed call as Node would report it. Ask before anything else is called: errno is the thread's. */
export function systemError(call: string, subject: string): NodeJS.ErrnoException {
  const errno = koffi.errno();
  const word = Object.entries(koffi.os.errno).find(([, number]) => number === errno)?.[0] ?? `errno ${String(errno)}`;
  const error: NodeJS.ErrnoException = new Error(`${call} ${subject}: ${word}`);
  error.code = word;
  error.errno = errno;
  error.syscall = call;
  return error;
}
