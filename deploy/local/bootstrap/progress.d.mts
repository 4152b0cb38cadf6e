export type Step = <T>(what: string, step: () => Promise<T>) => Promise<T>;

export function progress(stream: { isTTY?: boolean; write(text: string): unknown }, everyMs?: number): Step;
