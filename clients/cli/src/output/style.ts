export type Paint = (text: string) => string;

/** Colours of a terminal, or none: then every paint returns its text as it is. */
export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly cyan: Paint;
}

export const PLAIN: Style = same();
export const COLOURED: Style = {
  bold: sgr(1, 22),
  dim: sgr(2, 22),
  red: sgr(31, 39),
  green: sgr(32, 39),
  yellow: sgr(33, 39),
  cyan: sgr(36, 39),
};

/** Colours only on a terminal that has them, and never with NO_COLOR (https://no-color.org). */
export function chooseStyle(isTerminal: boolean, env: NodeJS.ProcessEnv): Style {
  const refused = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  return isTerminal && !refused ? COLOURED : PLAIN;
}

function sgr(on: number, off: number): Paint {
  return (text) => (text === '' ? '' : `\u001b[${String(on)}m${text}\u001b[${String(off)}m`);
}

function same(): Style {
  const paint: Paint = (text) => text;
  return { bold: paint, dim: paint, red: paint, green: paint, yellow: paint, cyan: paint };
}
