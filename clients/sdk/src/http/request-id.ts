/** Gives a write the name that makes its repeat harmless, unless the caller named it. */
export function withRequestId<T extends { readonly requestId?: string | undefined }>(
  input: T,
): T & { requestId: string } {
  return { ...input, requestId: input.requestId ?? crypto.randomUUID() };
}
