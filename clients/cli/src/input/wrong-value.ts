import { InvalidArgumentError } from 'commander';

/**
 * Thrown by what reads the value of an option: commander says which option it is, and what it was given.
 * @param wanted a sentence without its full stop
 */
export function wrongValue(wanted: string): InvalidArgumentError {
  return new InvalidArgumentError(`Wanted is ${wanted}.`);
}
