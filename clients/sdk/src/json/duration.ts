const PATTERN = /^(-?)(\d+)(?:\.(\d{1,9}))?s$/;

/**
 * Milliseconds of a JSON duration (`"3.5s"`).
 * @throws {TypeError} if the text is no duration
 */
export function durationToMs(duration: string): number {
  const match = PATTERN.exec(duration);
  if (match === null) throw new TypeError(`Not a duration: ${JSON.stringify(duration)}`);
  const [, sign, seconds = '0', fraction = ''] = match;
  const milliseconds = Number(seconds) * 1000 + Number(fraction.padEnd(9, '0')) / 1e6;
  return sign === '-' ? -milliseconds : milliseconds;
}

export function msToDuration(milliseconds: number): string {
  return `${String(Math.round(milliseconds) / 1000)}s`;
}
