const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `12 B`, `1.5 KiB`, `340 MiB`; a dash for what was not counted. */
export function byteSize(count: string | number): string {
  let value = Number(count);
  if (!(value > 0)) return '-';
  let unit = 0;
  for (; value >= 1024 && unit < UNITS.length - 1; unit += 1) value /= 1024;
  const digits = unit === 0 || value >= 10 ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit] ?? ''}`;
}
