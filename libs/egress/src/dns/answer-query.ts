import { decode, encode, RECURSION_AVAILABLE, RECURSION_DESIRED, type Packet } from 'dns-packet';

/** The address of a name, `NOT_FOUND`, or `FAILED` if it has none for now. */
export type Answer = { readonly address: string } | 'NOT_FOUND' | 'FAILED';

const FORMAT_ERROR = 1;
const SERVER_FAILURE = 2;
const NAME_ERROR = 3;
const NOT_IMPLEMENTED = 4;
/** Short: after a change of the rules another egress may answer. */
const TTL_SECONDS = 30;
const RESPONSE_BIT = 0x8000;

/**
 * Answers one query out of what `find` knows. A name without an address of the kind that was asked for (AAAA, HTTPS) has
 * an empty answer, so that clients take the one it has. Undefined for what is no query: no answer is due.
 */
export async function answerQuery(
  message: Buffer,
  find: (name: string) => Promise<Answer>,
): Promise<Buffer | undefined> {
  if (message.length < 12 || (message.readUInt16BE(2) & RESPONSE_BIT) !== 0) return undefined;
  const id = message.readUInt16BE(0);
  const query = decodeQuery(message);
  const [question] = query?.questions ?? [];
  if (query === undefined || question === undefined || query.questions?.length !== 1) return fail(id, FORMAT_ERROR);
  if (query.opcode !== 'QUERY' || question.class !== 'IN') return fail(id, NOT_IMPLEMENTED);
  const answer = await find(question.name);
  const code = answer === 'NOT_FOUND' ? NAME_ERROR : answer === 'FAILED' ? SERVER_FAILURE : 0;
  return encode({
    type: 'response',
    id,
    flags: RECURSION_AVAILABLE | RECURSION_DESIRED | code,
    questions: [question],
    answers:
      typeof answer === 'object' && question.type === 'A'
        ? [{ type: 'A', class: 'IN', name: question.name, ttl: TTL_SECONDS, data: answer.address }]
        : [],
  });
}

type DecodedQuery = Packet & { readonly opcode?: string };

function decodeQuery(message: Buffer): DecodedQuery | undefined {
  try {
    return decode(message);
  } catch {
    // Whatever it stumbled over was written by the sandbox.
    return undefined;
  }
}

function fail(id: number, code: number): Buffer {
  return encode({ type: 'response', id, flags: code });
}
