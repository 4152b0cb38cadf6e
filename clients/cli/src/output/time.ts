/** `0.4s`, `12s`, `3m 05s`, `2h 07m`. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${String(whole)}s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${String(minutes)}m ${two(whole % 60)}s`;
  return `${String(Math.floor(minutes / 60))}h ${two(minutes % 60)}m`;
}

/** `just now`, `5m ago`, `3h ago`, `2d ago`; an empty text for a time that is absent. */
export function ago(time: string | undefined, now: Date): string {
  if (time === undefined) return '';
  const minutes = Math.floor((now.getTime() - Date.parse(time)) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${String(minutes)}m ago`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${String(hours)}h ago` : `${String(Math.floor(hours / 24))}d ago`;
}

/** From start to end, or to now while there is no end. */
export function elapsed(start: string | undefined, end: string | undefined, now: Date): string {
  if (start === undefined) return '';
  return duration((end === undefined ? now.getTime() : Date.parse(end)) - Date.parse(start));
}

export function clock(time: Date): string {
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
