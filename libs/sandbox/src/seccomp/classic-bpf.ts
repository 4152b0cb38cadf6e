/** One instruction of classic BPF: operation, jump offsets if true and if false, operand. */
export interface Instruction {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

export const LOAD_WORD = 0x20; // BPF_LD | BPF_W | BPF_ABS
export const AND = 0x54; // BPF_ALU | BPF_AND | BPF_K
export const JUMP = 0x05; // BPF_JMP | BPF_JA
export const JUMP_EQUAL = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
export const JUMP_GREATER_EQUAL = 0x35; // BPF_JMP | BPF_JGE | BPF_K
export const RETURN = 0x06; // BPF_RET | BPF_K

/** BPF_MAXINSNS: the kernel takes no longer program. */
export const MAX_INSTRUCTIONS = 4096;

/** Continues at `target` instructions after this one if the comparison holds, else at the next one. */
export function branch(code: number, k: number, target: number): Instruction[] {
  // Offsets of a comparison are bytes; a jump's is a word.
  if (target <= 255) return [{ code, jt: target, jf: 0, k }];
  return [
    { code, jt: 0, jf: 1, k },
    { code: JUMP, jt: 0, jf: 0, k: target },
  ];
}

export function instruction(code: number, k: number): Instruction {
  return { code, jt: 0, jf: 0, k };
}

/** An array of `struct sock_filter`, as bubblewrap and the kernel read it. Both architectures are little-endian. */
export function encode(program: readonly Instruction[]): Buffer {
  if (program.length > MAX_INSTRUCTIONS)
    throw new RangeError(`a filter of ${String(program.length)} instructions is too long for the kernel`);
  const bytes = Buffer.alloc(program.length * 8);
  for (const [index, { code, jt, jf, k }] of program.entries()) {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(jt, index * 8 + 2);
    bytes.writeUInt8(jf, index * 8 + 3);
    bytes.writeUInt32LE(k >>> 0, index * 8 + 4);
  }
  return bytes;
}
