interface DurationMessage {
  seconds: string;
  nanos: number;
}

/**
 * A message as it travels over REST (canonical proto3 JSON): times are RFC 3339 strings, durations `"3.5s"`, bytes
 * base64, 64-bit numbers strings, enums words. Derived from the generated types, so the proto stays the one source, and
 * nothing has to be decoded: what a newer server adds passes through untouched.
 */
export type Wire<T> = T extends string
  ? `${T}`
  : T extends number | boolean | undefined | null
    ? T
    : T extends Date | Uint8Array | DurationMessage
      ? string
      : T extends readonly (infer Item)[]
        ? Wire<Item>[]
        : T extends object
          ? { [Key in keyof T]: Wire<T[Key]> }
          : T;

/** What a caller may send: the same words, everything optional, the server says what is missing. */
export type WireInput<T> = T extends string
  ? `${T}`
  : T extends number | boolean | undefined | null
    ? T
    : T extends Date | Uint8Array | DurationMessage
      ? string
      : T extends readonly (infer Item)[]
        ? readonly WireInput<Item>[]
        : T extends object
          ? { readonly [Key in keyof T]?: WireInput<T[Key]> | undefined }
          : T;
