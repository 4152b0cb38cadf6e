/** True for an id of a request that may go into logs and headers: 1 to 64 characters of letters, digits and `._:-`. */
export function isRequestId(text: string | undefined): text is string {
  return text !== undefined && /^[\w.:-]{1,64}$/.test(text);
}
