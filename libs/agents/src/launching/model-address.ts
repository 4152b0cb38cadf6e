/** Programs differ in whether they put the version of the interface into the path of their calls themselves. */
export function withPath(url: string, path: string): string {
  return url.endsWith(path) ? url : `${url}${path}`;
}

export function withoutPath(url: string, path: string): string {
  return url.endsWith(path) ? url.slice(0, -path.length) : url;
}
