import { describe, expect, it } from '@jest/globals';
import { chooseStyle, COLOURED, PLAIN } from './style.js';

describe('chooseStyle', () => {
  it('colours a terminal only', () => {
    expect(chooseStyle(true, {})).toBe(COLOURED);
    expect(chooseStyle(false, {})).toBe(PLAIN);
  });

  it('never colours with NO_COLOR, or where the terminal has none', () => {
    expect(chooseStyle(true, { NO_COLOR: '1' })).toBe(PLAIN);
    expect(chooseStyle(true, { TERM: 'dumb' })).toBe(PLAIN);
    expect(chooseStyle(true, { NO_COLOR: '' })).toBe(COLOURED);
  });
});
